#include "logrouter/checkpoint.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <string_view>

namespace drydock::logrouter {
namespace {

// "<20 digits> <20 digits> <8 hex digits>\n"
constexpr std::size_t kSlot = 51;
constexpr std::size_t kSum = 42;  // where the check sum begins

// FNV-1a: tells a torn slot from a whole one.
std::uint32_t sum_of(std::string_view text) {
  std::uint32_t hash = 2166136261u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash;
}

std::string slot_text(const Position& p) {
  char text[kSlot + 1];
  std::snprintf(text, sizeof text, "%020llu %020llu ", static_cast<unsigned long long>(p.offset),
                static_cast<unsigned long long>(p.lines));
  const std::uint32_t sum = sum_of({text, kSum});
  std::snprintf(text + kSum, sizeof text - kSum, "%08x\n", sum);
  return {text, kSlot};
}

std::optional<Position> parse_slot(std::string_view text) {
  if (text.size() < kSlot) return std::nullopt;
  Position p;
  auto whole = [&](std::size_t at, std::uint64_t& out) {
    const auto [end, ec] = std::from_chars(text.data() + at, text.data() + at + 20, out);
    return ec == std::errc{} && end == text.data() + at + 20;
  };
  if (!whole(0, p.offset) || !whole(21, p.lines)) return std::nullopt;
  if (slot_text(p) != text.substr(0, kSlot)) return std::nullopt;
  return p;
}

struct Slots {
  std::optional<Position> newest;
  int other = 0;  // the slot that does not hold it
};

Slots read_slots(int fd) {
  std::array<char, 2 * kSlot> data{};
  const ssize_t n = ::pread(fd, data.data(), data.size(), 0);
  const std::string_view text(data.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
  Slots slots;
  for (int i = 0; i < 2; ++i) {
    const std::size_t at = static_cast<std::size_t>(i) * kSlot;
    const auto p = parse_slot(text.substr(std::min(at, text.size())));
    if (!p || (slots.newest && p->offset < slots.newest->offset)) continue;
    slots.newest = p;
    slots.other = 1 - i;
  }
  return slots;
}

}  // namespace

std::string Checkpoint::file(const std::string& journal, const std::string& destination) {
  return journal + "/delivered." + destination;
}

Result<Checkpoint> Checkpoint::open(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (!fd) return fail_errno("open " + path);
  // Its room is taken now: a disk that is full later does not matter.
  (void)::posix_fallocate(fd.get(), 0, 2 * kSlot);  // ignoring: then save() tells
  Checkpoint checkpoint(std::move(fd));
  const Slots slots = read_slots(checkpoint.fd_.get());
  checkpoint.position_ = slots.newest;
  checkpoint.slot_ = slots.other;
  return checkpoint;
}

Status Checkpoint::save(const Position& position) {
  const std::string text = slot_text(position);
  const auto at = static_cast<off_t>(slot_) * static_cast<off_t>(kSlot);
  if (::pwrite(fd_.get(), text.data(), text.size(), at) != static_cast<ssize_t>(text.size()))
    return fail_errno("save how far a journal was delivered");
  slot_ = 1 - slot_;
  position_ = position;
  return {};
}

std::optional<Position> Checkpoint::read(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return std::nullopt;
  return read_slots(fd.get()).newest;
}

}  // namespace drydock::logrouter
