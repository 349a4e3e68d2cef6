#pragma once
#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "netns/dns/message.h"

namespace drydock::netns::dns {

using Clock = std::chrono::steady_clock;

// Under what an answer is found again: everything of a query that changes what servers say.
std::string cache_key(const Question& question, bool dnssec_ok, bool checking_disabled);

// How long `reply` may be kept: the smallest TTL, or what its SOA record says where there is no
// answer (RFC 2308); at most a day, 15 minutes for nothing. Nothing: not at all.
std::optional<std::chrono::seconds> time_to_keep(const Message& reply);

// Replies of servers, for as long as they say; bounded, the longest unused go first. For one
// thread.
class Cache {
 public:
  Cache(std::size_t max_entries, std::size_t max_bytes)
      : max_entries_(max_entries), max_bytes_(max_bytes) {}

  void put(const std::string& key, const Message& reply, Clock::time_point now);
  // With TTLs less the time since. Nothing when absent or too old.
  std::optional<Message> find(const std::string& key, Clock::time_point now);
  void clear();

  std::size_t entries() const { return by_use_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    std::string key;
    Message reply;
    Clock::time_point stored, until;
    std::size_t bytes = 0;
  };
  using List = std::list<Entry>;
  void erase(List::iterator at);

  std::size_t max_entries_, max_bytes_;
  std::size_t bytes_ = 0;
  List by_use_;  // the last used first
  std::unordered_map<std::string, List::iterator> by_key_;
};

}  // namespace drydock::netns::dns
