#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "netns/dns/name.h"

// The wire format of DNS (RFC 1035, 2181, 3597, 6891), both ways. Pure; everything here reads what
// strangers sent.
namespace drydock::netns::dns {

enum Type : std::uint16_t {
  kTypeA = 1,
  kTypeNs = 2,
  kTypeCname = 5,
  kTypeSoa = 6,
  kTypePtr = 12,
  kTypeMx = 15,
  kTypeTxt = 16,
  kTypeAaaa = 28,
  kTypeSrv = 33,
  kTypeOpt = 41,
  kTypeIxfr = 251,
  kTypeAxfr = 252,
  kTypeAny = 255
};
inline constexpr std::uint16_t kClassIn = 1;

enum Rcode : std::uint16_t {
  kNoError = 0,
  kFormErr = 1,
  kServFail = 2,
  kNxDomain = 3,
  kNotImp = 4,
  kRefused = 5,
  kBadVers = 16
};

inline constexpr std::size_t kPlainUdp = 512;  // what a client takes that says nothing
inline constexpr std::size_t kEdnsUdp = 1232;  // fits every path without fragments
inline constexpr std::size_t kMaxPacket = 65535;

struct Question {
  Name name;
  std::uint16_t type = kTypeA;
  std::uint16_t klass = kClassIn;
  bool operator==(const Question&) const = default;
};

// The names inside `data` are not compressed.
struct Record {
  Name name;
  std::uint16_t type = kTypeA;
  std::uint16_t klass = kClassIn;
  std::uint32_t ttl = 0;
  std::string data;
  bool operator==(const Record&) const = default;
};

struct Edns {
  std::uint16_t udp_size = kEdnsUdp;
  std::uint8_t version = 0;
  bool dnssec_ok = false;
  bool operator==(const Edns&) const = default;
};

// One packet. Options of EDNS are not kept: they are between neighbours.
struct Message {
  std::uint16_t id = 0;
  bool response = false;
  std::uint8_t opcode = 0;
  bool authoritative = false;
  bool truncated = false;
  bool recursion_desired = false;
  bool recursion_available = false;
  bool authentic = false;
  bool checking_disabled = false;
  std::uint16_t rcode = kNoError;  // with the bits of EDNS
  std::optional<Question> question;
  std::vector<Record> answers, authority, additional;
  std::optional<Edns> edns;
  bool operator==(const Message&) const = default;
};

// Reads a whole packet. kInvalid for anything malformed: more than one question, a name that points
// forward, bytes left over, more than 256 KiB once names are written out.
Result<Message> decode(std::string_view packet);
// The id of a packet whose header is there, for the FORMERR about the rest; nothing for a reply.
std::optional<std::uint16_t> id_of_query(std::string_view packet);

// Writes a packet of at most `limit` bytes. Where answers or authority don't fit, what fits is kept
// and TC set; additional records go without a word.
std::string encode(const Message& message, std::size_t limit = kMaxPacket);

// The reply to `query` with nothing in it yet.
Message reply_to(const Message& query, std::uint16_t rcode = kNoError);

}  // namespace drydock::netns::dns
