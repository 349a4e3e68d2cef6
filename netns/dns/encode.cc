#include <algorithm>
#include <unordered_map>

#include "netns/dns/layout.h"
#include "netns/dns/message.h"

namespace drydock::netns::dns {
namespace {

constexpr std::size_t kOptSize = 11;

class Writer {
 public:
  void u8(unsigned v) { out_.push_back(static_cast<char>(v)); }
  void u16(unsigned v) {
    u8(v >> 8 & 0xff);
    u8(v & 0xff);
  }
  void u32(std::uint32_t v) {
    u16(v >> 16);
    u16(v & 0xffff);
  }
  void put16(std::size_t at, unsigned v) {
    out_[at] = static_cast<char>(v >> 8 & 0xff);
    out_[at + 1] = static_cast<char>(v & 0xff);
  }
  void bytes(std::string_view b) { out_ += b; }
  // With a pointer to where its end was written before.
  void name(const Name& name);
  void record(const Record& r);

  std::size_t size() const { return out_.size(); }
  void cut(std::size_t size) { out_.resize(size); }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
  std::unordered_map<std::string, std::uint16_t> seen_;  // folded name -> where it begins
};

void Writer::name(const Name& name) {
  const Name low = folded(name);
  std::size_t at = 0;
  while (at < name.size() && name[at] != 0) {
    const auto [found, fresh] =
        seen_.try_emplace(low.substr(at), static_cast<std::uint16_t>(out_.size()));
    if (!fresh) return u16(0xc000u | found->second);
    if (out_.size() >= 0x4000) seen_.erase(found);  // no pointer reaches there
    const std::size_t label = 1u + static_cast<std::uint8_t>(name[at]);
    out_.append(name, at, label);
    at += label;
  }
  u8(0);
}

void Writer::record(const Record& r) {
  name(r.name);
  u16(r.type);
  u16(r.klass);
  u32(r.ttl);
  const std::size_t length_at = size();
  u16(0);
  const Layout layout = layout_of(r.type);
  std::size_t at = 0;
  if (layout.may_compress) {
    at = layout.skip;
    bytes(std::string_view(r.data).substr(0, at));
    for (int n = 0; n < layout.names; ++n) {
      std::size_t end = at;
      while (end < r.data.size() && r.data[end] != 0)
        end += 1u + static_cast<std::uint8_t>(r.data[end]);
      name(r.data.substr(at, end + 1 - at));
      at = end + 1;
    }
  }
  bytes(std::string_view(r.data).substr(std::min(at, r.data.size())));
  put16(length_at, static_cast<unsigned>(size() - length_at - 2));
}

unsigned flags_of(const Message& m) {
  return (m.response ? 0x8000u : 0u) | (m.opcode & 0xfu) << 11 | (m.authoritative ? 0x0400u : 0u) |
         (m.truncated ? 0x0200u : 0u) | (m.recursion_desired ? 0x0100u : 0u) |
         (m.recursion_available ? 0x0080u : 0u) | (m.authentic ? 0x0020u : 0u) |
         (m.checking_disabled ? 0x0010u : 0u) | (m.rcode & 0xfu);
}

// As many of `records` as fit into `room`; how many.
std::size_t write_section(Writer& out, const std::vector<Record>& records, std::size_t room) {
  std::size_t written = 0;
  for (const Record& r : records) {
    const std::size_t before = out.size();
    out.record(r);
    if (out.size() > room) {
      out.cut(before);
      break;
    }
    ++written;
  }
  return written;
}

}  // namespace

std::string encode(const Message& m, std::size_t limit) {
  Writer out;
  out.u16(m.id);
  out.u16(flags_of(m));
  out.u16(m.question ? 1 : 0);
  for (int s = 0; s < 3; ++s) out.u16(0);
  if (m.question) {
    out.name(m.question->name);
    out.u16(m.question->type);
    out.u16(m.question->klass);
  }
  const std::size_t room = std::min(limit, kMaxPacket) - (m.edns ? kOptSize : 0);
  const std::size_t answers = write_section(out, m.answers, room);
  bool whole = answers == m.answers.size();
  const std::size_t authority = whole ? write_section(out, m.authority, room) : 0;
  whole = whole && authority == m.authority.size();
  std::size_t additional = whole ? write_section(out, m.additional, room) : 0;
  if (m.edns) {
    out.u8(0);
    out.u16(kTypeOpt);
    out.u16(m.edns->udp_size);
    out.u32(static_cast<std::uint32_t>(m.rcode >> 4 & 0xff) << 24 |
            static_cast<std::uint32_t>(m.edns->version) << 16 | (m.edns->dnssec_ok ? 0x8000u : 0u));
    out.u16(0);
    ++additional;
  }
  if (!whole) out.put16(2, flags_of(m) | 0x0200);
  out.put16(6, static_cast<unsigned>(answers));
  out.put16(8, static_cast<unsigned>(authority));
  out.put16(10, static_cast<unsigned>(additional));
  return out.take();
}

Message reply_to(const Message& query, std::uint16_t rcode) {
  Message reply;
  reply.id = query.id;
  reply.response = true;
  reply.opcode = query.opcode;
  reply.recursion_desired = query.recursion_desired;
  reply.recursion_available = true;
  reply.checking_disabled = query.checking_disabled;
  reply.rcode = rcode;
  reply.question = query.question;
  if (query.edns) {
    reply.edns = Edns{};
    reply.edns->dnssec_ok = query.edns->dnssec_ok;
  }
  return reply;
}

}  // namespace drydock::netns::dns
