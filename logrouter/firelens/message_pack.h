#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

// As much of MessagePack as the Fluent Forward protocol needs of a sender
// (firelens-and-lifecycle.md A10). Each function appends to `out`.
namespace drydock::logrouter::msgpack {

void array(std::string& out, std::uint32_t items);
void map(std::string& out, std::uint32_t pairs);
void str(std::string& out, std::string_view text);
void bin(std::string& out, std::string_view bytes);
void number(std::string& out, std::uint64_t n);
// Extension type 0: seconds and nanoseconds, 32 bits each.
void event_time(std::string& out, Time at);

// What a receiver said: the chunk it has accepted, and how many bytes of `data` that took. nullopt:
// the answer is not whole yet. An answer that is no acknowledgement has no chunk and size 0.
struct Ack {
  std::string_view chunk;
  std::size_t size = 0;
};
std::optional<Ack> read_ack(std::string_view data);

}  // namespace drydock::logrouter::msgpack
