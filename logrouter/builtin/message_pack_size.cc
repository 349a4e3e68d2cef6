#include <array>

#include "logrouter/builtin/forward_decoder.h"

namespace drydock::logrouter {
namespace {

constexpr std::size_t kDeepest = 32;
constexpr std::size_t kMostValues = 1000000;  // reading them takes far more memory than their bytes

// What a first byte announces: so many bytes of a length, so many bytes besides, so many values
// inside.
struct Head {
  std::size_t length_bytes = 0;
  std::size_t fixed = 0;
  std::size_t values = 0;
  bool counts_values = false;  // the length says values, not bytes
  std::size_t per_item = 1;    // values for each that it counts
};

std::optional<Head> head_of(unsigned char c) {
  if (c <= 0x7f || c >= 0xe0) return Head{};
  if (c <= 0x8f) return Head{0, 0, static_cast<std::size_t>(c & 15) * 2, false, 1};
  if (c <= 0x9f) return Head{0, 0, static_cast<std::size_t>(c & 15), false, 1};
  if (c <= 0xbf) return Head{0, static_cast<std::size_t>(c & 31), 0, false, 1};
  constexpr std::array<Head, 32> kHeads = {{
      {},
      {},
      {},
      {},  // nil, undefined, false, true
      {1},
      {2},
      {4},
      {1, 1},
      {2, 1},
      {4, 1},  // bin, ext
      {0, 4},
      {0, 8},
      {0, 1},
      {0, 2},
      {0, 4},
      {0, 8},  // float, uint
      {0, 1},
      {0, 2},
      {0, 4},
      {0, 8},  // int
      {0, 2},
      {0, 3},
      {0, 5},
      {0, 9},
      {0, 17},  // fixext
      {1},
      {2},
      {4},  // str
      {2, 0, 0, true, 1},
      {4, 0, 0, true, 1},  // array
      {2, 0, 0, true, 2},
      {4, 0, 0, true, 2},  // map
  }};
  if (c == 0xc1) return std::nullopt;
  return kHeads[c - 0xc0U];
}

}  // namespace

Result<std::optional<std::size_t>> message_pack_size(std::string_view data) {
  // For each value that is open: how many values of it are still to come.
  std::array<std::size_t, kDeepest> open{};
  std::size_t depth = 0, at = 0, seen = 0;
  open[depth++] = 1;
  while (depth > 0) {
    if (open[depth - 1] == 0) {
      --depth;
      continue;
    }
    --open[depth - 1];
    if (++seen > kMostValues) return fail(Errc::kInvalid, "too many values in one message");
    if (at >= data.size()) return std::nullopt;
    const auto head = head_of(static_cast<unsigned char>(data[at++]));
    if (!head) return fail(Errc::kInvalid, "no MessagePack");
    std::size_t length = 0;
    if (data.size() - at < head->length_bytes) return std::nullopt;
    for (std::size_t i = 0; i < head->length_bytes; ++i)
      length = length << 8 | static_cast<unsigned char>(data[at++]);
    const std::size_t bytes = head->fixed + (head->counts_values ? 0 : length);
    if (data.size() - at < bytes) return std::nullopt;
    at += bytes;
    const std::size_t values = head->values + (head->counts_values ? length * head->per_item : 0);
    if (values == 0) continue;
    if (depth == kDeepest) return fail(Errc::kInvalid, "MessagePack nested too deep");
    open[depth++] = values;
  }
  return at;
}

}  // namespace drydock::logrouter
