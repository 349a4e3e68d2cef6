#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

// The receiving side of the Fluent Forward protocol (firelens-and-lifecycle.md A10). What comes in
// is a container's and may be anything: every size is bounded before memory is taken.
namespace drydock::logrouter {

struct ForwardMessage {
  std::string tag;
  std::vector<Time> times;
  std::vector<Json> records;  // objects; as many as times
  std::string chunk;          // asks for an acknowledgement of this; empty: none
};

inline constexpr std::size_t kLongestForwardMessage = 6144000;  // as Fluent Bit's buffer_max
inline constexpr std::size_t kLongestUnpacked = 32u << 20;      // of a compressed message
inline constexpr std::size_t kMostForwardEntries = 100000;      // in a message

// One connection's bytes in, messages out.
class ForwardDecoder {
 public:
  void feed(std::string_view bytes) { waiting_.append(bytes); }
  // The next message; nothing while it is not whole. kInvalid: not this protocol, or too large; the
  // connection is to be closed.
  Result<std::optional<ForwardMessage>> next();

 private:
  std::string waiting_;
  std::size_t begin_ = 0;
};

// {"ack": chunk} as MessagePack.
std::string forward_ack(const std::string& chunk);

// How many bytes the first MessagePack value of `data` takes; nothing while it is not whole.
// kInvalid: an undefined byte, or nested too deep.
Result<std::optional<std::size_t>> message_pack_size(std::string_view data);

}  // namespace drydock::logrouter
