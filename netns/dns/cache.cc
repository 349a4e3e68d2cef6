#include "netns/dns/cache.h"

#include <algorithm>

namespace drydock::netns::dns {
namespace {

constexpr std::uint32_t kLongest = 86400;
constexpr std::uint32_t kLongestNothing = 900;

std::size_t size_of(const std::vector<Record>& records) {
  std::size_t bytes = 0;
  for (const Record& r : records) bytes += sizeof(Record) + r.name.capacity() + r.data.capacity();
  return bytes;
}

// A TTL with the highest bit set means 0 (RFC 2181, section 8).
std::uint32_t ttl_of(const Record& r) { return r.ttl > 0x7fffffff ? 0 : r.ttl; }

std::uint32_t minimum_of(const Record& soa) {
  std::uint32_t value = 0;
  if (soa.data.size() < 4) return 0;
  for (const char c : soa.data.substr(soa.data.size() - 4))
    value = value << 8 | static_cast<std::uint8_t>(c);
  return value;
}

void age(std::vector<Record>& records, std::uint32_t by) {
  for (Record& r : records) r.ttl = ttl_of(r) > by ? ttl_of(r) - by : 0;
}

}  // namespace

std::string cache_key(const Question& q, bool dnssec_ok, bool checking_disabled) {
  std::string key = folded(q.name);
  for (const std::uint16_t part : {q.type, q.klass}) {
    key.push_back(static_cast<char>(part >> 8));
    key.push_back(static_cast<char>(part & 0xff));
  }
  key.push_back(static_cast<char>((dnssec_ok ? 1 : 0) | (checking_disabled ? 2 : 0)));
  return key;
}

std::optional<std::chrono::seconds> time_to_keep(const Message& reply) {
  if (reply.truncated || (reply.rcode != kNoError && reply.rcode != kNxDomain)) return std::nullopt;
  std::uint32_t keep = kLongest;
  const std::uint16_t asked = reply.question ? reply.question->type : 0;
  const bool found = std::any_of(reply.answers.begin(), reply.answers.end(), [&](const Record& r) {
    return r.type == asked || asked == kTypeAny;
  });
  if (reply.rcode == kNxDomain || !found) {
    const auto soa = std::find_if(reply.authority.begin(), reply.authority.end(),
                                  [](const Record& r) { return r.type == kTypeSoa; });
    if (soa == reply.authority.end()) return std::nullopt;
    keep = std::min({kLongestNothing, ttl_of(*soa), minimum_of(*soa)});
  }
  for (const auto* section : {&reply.answers, &reply.authority, &reply.additional})
    for (const Record& r : *section) keep = std::min(keep, ttl_of(r));
  if (keep == 0) return std::nullopt;
  return std::chrono::seconds(keep);
}

void Cache::erase(List::iterator at) {
  bytes_ -= at->bytes;
  by_key_.erase(at->key);
  by_use_.erase(at);
}

void Cache::clear() {
  by_key_.clear();
  by_use_.clear();
  bytes_ = 0;
}

void Cache::put(const std::string& key, const Message& reply, Clock::time_point now) {
  const auto keep = time_to_keep(reply);
  if (const auto old = by_key_.find(key); old != by_key_.end()) erase(old->second);
  if (!keep) return;
  Entry entry{key, reply, now, now + *keep, 0};
  entry.bytes = sizeof(Entry) + 2 * key.size() + size_of(reply.answers) + size_of(reply.authority) +
                size_of(reply.additional);
  if (entry.bytes > max_bytes_ / 16) return;  // one answer must not push out all others
  bytes_ += entry.bytes;
  by_use_.push_front(std::move(entry));
  by_key_[key] = by_use_.begin();
  while (by_use_.size() > max_entries_ || bytes_ > max_bytes_) erase(std::prev(by_use_.end()));
}

std::optional<Message> Cache::find(const std::string& key, Clock::time_point now) {
  const auto at = by_key_.find(key);
  if (at == by_key_.end()) return std::nullopt;
  if (at->second->until <= now) {
    erase(at->second);
    return std::nullopt;
  }
  by_use_.splice(by_use_.begin(), by_use_, at->second);
  Message reply = at->second->reply;
  const auto since = std::chrono::duration_cast<std::chrono::seconds>(now - at->second->stored);
  for (auto* section : {&reply.answers, &reply.authority, &reply.additional})
    age(*section, static_cast<std::uint32_t>(since.count()));
  return reply;
}

}  // namespace drydock::netns::dns
