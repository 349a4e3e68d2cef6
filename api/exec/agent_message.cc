#include "api/exec/agent_message.h"

#include <algorithm>

#include "base/ids.h"

namespace drydock::api::exec {
namespace {

constexpr std::size_t kTypeSize = 32;
constexpr std::size_t kIdSize = 16;
constexpr std::size_t kDigestSize = 32;
// The header's length as it is written counts everything before the payload's length.
constexpr std::size_t kHeaderLength = 116;
constexpr std::size_t kPayloadAt = kHeaderLength + 4;

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out += static_cast<char>((value >> shift) & 0xff);
}

int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The bytes that hexadecimal digits stand for; everything else is passed over.
std::string unhex(std::string_view text) {
  std::string out;
  int high = -1;
  for (const char c : text) {
    const int n = nibble(c);
    if (n < 0) continue;
    if (high < 0) {
      high = n;
    } else {
      out += static_cast<char>(high << 4 | n);
      high = -1;
    }
  }
  return out;
}

std::string uuid_text(std::string_view bytes) {
  constexpr const char* kHex = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    const auto byte = static_cast<unsigned char>(bytes[i]);
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

// Reads fields from the front of a text that is long enough.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : rest_(bytes) {}
  std::string_view take(std::size_t size) {
    const auto field = rest_.substr(0, size);
    rest_.remove_prefix(field.size());
    return field;
  }
  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    for (const char c : take(size)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }

 private:
  std::string_view rest_;
};

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\0'; };
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  return text;
}

}  // namespace

std::string encoded(const AgentMessage& message) {
  std::string out;
  out.reserve(kPayloadAt + message.payload.size());
  put(out, kHeaderLength, 4);
  std::string type = message.type.substr(0, kTypeSize);
  type.resize(kTypeSize, ' ');
  out += type;
  put(out, message.schema, 4);
  put(out, message.created_ms, 8);
  put(out, static_cast<std::uint64_t>(message.sequence), 8);
  put(out, message.flags, 8);
  std::string id = unhex(message.id);
  id.resize(kIdSize, '\0');
  out += id.substr(8);  // the halves change places
  out += id.substr(0, 8);
  out += unhex(sha256_hex(message.payload));
  put(out, static_cast<std::uint32_t>(message.payload_type), 4);
  put(out, message.payload.size(), 4);
  return out += message.payload;
}

Result<AgentMessage> decode(std::string_view bytes) {
  if (bytes.size() < kPayloadAt) return fail(Errc::kInvalid, "a message is cut short");
  Fields fields(bytes);
  if (fields.number(4) != kHeaderLength)
    return fail(Errc::kInvalid, "a message has a header of another length");
  AgentMessage m;
  m.type = trimmed(fields.take(kTypeSize));
  m.schema = static_cast<std::uint32_t>(fields.number(4));
  m.created_ms = fields.number(8);
  m.sequence = static_cast<std::int64_t>(fields.number(8));
  m.flags = fields.number(8);
  const auto low = fields.take(kIdSize / 2);
  const auto high = fields.take(kIdSize / 2);
  m.id = uuid_text(std::string(high) + std::string(low));
  const auto digest = fields.take(kDigestSize);
  m.payload_type = static_cast<PayloadType>(fields.number(4));
  const auto length = fields.number(4);
  if (length != bytes.size() - kPayloadAt || length > kLongestPayload)
    return fail(Errc::kInvalid, "a message's payload has another length than it says");
  m.payload = bytes.substr(kPayloadAt);
  // Without a payload the digest says nothing, and clients leave it out.
  if (length > 0 && unhex(sha256_hex(m.payload)) != digest)
    return fail(Errc::kInvalid, "a message's digest is not its payload's");
  return m;
}

}  // namespace drydock::api::exec
