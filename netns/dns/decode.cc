#include "netns/dns/layout.h"
#include "netns/dns/message.h"

namespace drydock::netns::dns {
namespace {

constexpr std::size_t kHeader = 12;
constexpr std::size_t kMaxWrittenOut = 256u << 10;

// Reads one packet from front to back. After the first thing that is wrong, `bad` stays set and
// everything reads as nothing.
class Reader {
 public:
  explicit Reader(std::string_view packet) : packet_(packet) {}

  bool bad() const { return bad_; }
  bool at_end() const { return at_ == packet_.size(); }
  std::size_t position() const { return at_; }

  std::uint16_t u16() {
    const auto bytes = take(2);
    return bad_ ? std::uint16_t{0}
                : static_cast<std::uint16_t>(octet(bytes, 0) << 8 | octet(bytes, 1));
  }
  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16 | u16();
  }
  std::string_view take(std::size_t count) {
    if (bad_ || packet_.size() - at_ < count) {
      bad_ = true;
      return {};
    }
    const auto bytes = packet_.substr(at_, count);
    at_ += count;
    return bytes;
  }
  Name name();
  std::string data(std::uint16_t type, std::size_t length);

 private:
  static unsigned octet(std::string_view bytes, std::size_t at) {
    return static_cast<std::uint8_t>(bytes[at]);
  }
  void count(std::size_t bytes) {
    written_out_ += bytes;
    if (written_out_ > kMaxWrittenOut) bad_ = true;
  }

  std::string_view packet_;
  std::size_t at_ = 0;
  std::size_t written_out_ = 0;
  bool bad_ = false;
};

// A pointer leads to before everything read so far of this name: so it can't go in circles.
Name Reader::name() {
  Name name;
  std::size_t at = at_, before = at_;
  bool jumped = false;
  while (!bad_) {
    if (at >= packet_.size()) break;
    const unsigned length = octet(packet_, at);
    if (length >= 0xc0) {
      if (at + 1 >= packet_.size()) break;
      const std::size_t to = (length & 0x3f) << 8 | octet(packet_, at + 1);
      if (to >= before || to < kHeader) break;
      if (!jumped) at_ = at + 2;
      jumped = true;
      at = before = to;
      continue;
    }
    if (length > kMaxLabel || packet_.size() - at < 1 + length) break;
    name += packet_.substr(at, 1 + length);
    at += 1 + length;
    if (name.size() > kMaxName) break;
    if (length != 0) continue;
    if (!jumped) at_ = at;
    count(name.size());
    return name;
  }
  bad_ = true;
  return {};
}

std::string Reader::data(std::uint16_t type, std::size_t length) {
  if (bad_ || packet_.size() - at_ < length) {
    bad_ = true;
    return {};
  }
  const std::size_t end = at_ + length;
  const Layout layout = layout_of(type);
  std::string data;
  if (layout.skip > length) bad_ = true;
  data += take(layout.skip);
  for (int n = 0; n < layout.names && !bad_; ++n) data += name();
  if (at_ > end) bad_ = true;
  if (!bad_) data += take(end - at_);
  count(data.size());
  return data;
}

void read_flags(std::uint16_t flags, Message& m) {
  m.response = flags & 0x8000;
  m.opcode = static_cast<std::uint8_t>(flags >> 11 & 0xf);
  m.authoritative = flags & 0x0400;
  m.truncated = flags & 0x0200;
  m.recursion_desired = flags & 0x0100;
  m.recursion_available = flags & 0x0080;
  m.authentic = flags & 0x0020;
  m.checking_disabled = flags & 0x0010;
  m.rcode = flags & 0xf;
}

Record read_record(Reader& in) {
  Record r;
  r.name = in.name();
  r.type = in.u16();
  r.klass = in.u16();
  r.ttl = in.u32();
  r.data = in.data(r.type, in.u16());
  return r;
}

// False for a second one, or one with a name.
bool take_opt(const Record& r, Message& m) {
  if (m.edns || r.name.size() != 1) return false;
  Edns edns;
  edns.udp_size = r.klass;
  edns.version = static_cast<std::uint8_t>(r.ttl >> 16 & 0xff);
  edns.dnssec_ok = r.ttl & 0x8000;
  m.rcode = static_cast<std::uint16_t>(m.rcode | (r.ttl >> 24) << 4);
  m.edns = edns;
  return true;
}

}  // namespace

Result<Message> decode(std::string_view packet) {
  Reader in(packet);
  Message m;
  m.id = in.u16();
  read_flags(in.u16(), m);
  const int questions = in.u16();
  const int counts[] = {in.u16(), in.u16(), in.u16()};
  if (in.bad()) return fail(Errc::kInvalid, "DNS packet: shorter than its header");
  if (questions > 1) return fail(Errc::kInvalid, "DNS packet: more than one question");
  if (questions == 1) {
    Question q;
    q.name = in.name();
    q.type = in.u16();
    q.klass = in.u16();
    m.question = std::move(q);
  }
  std::vector<Record>* const sections[] = {&m.answers, &m.authority, &m.additional};
  for (int s = 0; s < 3; ++s)
    for (int n = 0; n < counts[s] && !in.bad(); ++n) {
      Record r = read_record(in);
      if (in.bad()) break;
      if (r.type != kTypeOpt)
        sections[s]->push_back(std::move(r));
      else if (s != 2 || !take_opt(r, m))
        return fail(Errc::kInvalid, "DNS packet: an OPT record where none may be");
    }
  if (in.bad())
    return fail(Errc::kInvalid, "DNS packet: malformed near byte " + std::to_string(in.position()));
  if (!in.at_end()) return fail(Errc::kInvalid, "DNS packet: bytes after its end");
  return m;
}

std::optional<std::uint16_t> id_of_query(std::string_view packet) {
  Reader in(packet);
  const std::uint16_t id = in.u16();
  const std::uint16_t flags = in.u16();
  if (packet.size() < kHeader || (flags & 0x8000)) return std::nullopt;
  return id;
}

}  // namespace drydock::netns::dns
