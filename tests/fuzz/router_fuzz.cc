#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "logrouter/firelens/message_pack.h"

// What a log router sends back: acknowledgements, one after the other, or anything else.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view data(reinterpret_cast<const char*>(bytes), size);
  while (const auto ack = drydock::logrouter::msgpack::read_ack(data)) {
    if (ack->size == 0) break;
    if (ack->size > data.size() || ack->chunk.size() > ack->size) std::abort();
    data.remove_prefix(ack->size);
  }
  return 0;
}
