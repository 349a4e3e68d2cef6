#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

// One message of the Session Manager data channel in its binary form: a header of 120 bytes,
// big-endian, and a payload. Pure.
namespace drydock::api::exec {

inline constexpr std::size_t kLongestPayload = 64u << 10;

// MessageType, 32 characters padded with blanks.
inline constexpr std::string_view kInputStream = "input_stream_data";    // client to agent
inline constexpr std::string_view kOutputStream = "output_stream_data";  // agent to client
inline constexpr std::string_view kAcknowledge = "acknowledge";
inline constexpr std::string_view kChannelClosed = "channel_closed";

enum class PayloadType : std::uint32_t {
  kNone = 0,
  kOutput = 1,  // also input: bytes of the terminal
  kError = 2,
  kSize = 3,  // {"cols", "rows"}
  kParameter = 4,
  kHandshakeRequest = 5,
  kHandshakeResponse = 6,
  kHandshakeComplete = 7,
  kFlag = 10,  // four bytes: 2 ends the session
};

struct AgentMessage {
  std::string type;
  std::uint32_t schema = 1;
  std::uint64_t created_ms = 0;  // since 1970
  std::int64_t sequence = 0;
  std::uint64_t flags = 0;  // bit 0: the first of its stream, bit 1: the last
  std::string id;           // a UUID, 36 characters
  PayloadType payload_type = PayloadType::kNone;
  std::string payload;
};

// The message's bytes, with the SHA-256 of its payload. `id` must be a UUID.
std::string encoded(const AgentMessage& message);
// kInvalid when the bytes are no message: cut short, a wrong length or digest, a payload longer
// than kLongestPayload.
Result<AgentMessage> decode(std::string_view bytes);

}  // namespace drydock::api::exec
