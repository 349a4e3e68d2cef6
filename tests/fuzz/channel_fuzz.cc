// A Session Manager client, and a process's user, that send anything.
#include <cstdint>

#include "api/exec/data_channel.h"
#include "base/frames.h"

namespace {

using drydock::api::exec::AgentMessage;
using drydock::api::exec::DataChannel;

// The input as messages of a client that knows the form: a byte of payload type, one of sequence
// number, one of length, and as many of payload.
void as_messages(std::string_view bytes) {
  const auto now = DataChannel::Clock::time_point{};
  DataChannel channel("session", now);
  DataChannel::Turn turn;
  channel.open(now, turn);
  while (bytes.size() >= 3) {
    AgentMessage m;
    const auto kind = static_cast<unsigned char>(bytes[0]);
    m.type = kind & 0x80 ? drydock::api::exec::kAcknowledge : drydock::api::exec::kInputStream;
    m.payload_type = static_cast<drydock::api::exec::PayloadType>(kind & 0x0f);
    m.sequence = static_cast<signed char>(bytes[1]);
    m.id = "00112233-4455-6677-8899-aabbccddeeff";
    m.payload = bytes.substr(3, static_cast<unsigned char>(bytes[2]));
    bytes.remove_prefix(3 + m.payload.size());
    if (channel.room()) channel.output("output", now, turn);
    channel.received(encoded(m), now, turn);
  }
  channel.close("", now, turn);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto message = drydock::api::exec::decode(bytes))
    if (encoded(*message).size() != bytes.size()) __builtin_trap();
  as_messages(bytes);
  drydock::frames::Reader reader;
  reader.feed(bytes);
  while (const auto frame = reader.next()) (void)drydock::frames::size_of(frame->payload);
  return 0;
}
