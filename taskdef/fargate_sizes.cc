#include "taskdef/fargate_sizes.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <string>

namespace drydock::taskdef {
namespace {

struct Suffix {
  std::string_view text;
  int factor;
};

constexpr std::array<Suffix, 3> kCpuSuffixes = {{{"", 1}, {"vcpu", 1024}, {"vcpus", 1024}}};
constexpr std::array<Suffix, 5> kMemorySuffixes = {
    {{"", 1}, {"gb", 1024}, {"gib", 1024}, {"mb", 1}, {"mib", 1}}};

constexpr std::size_t kMostDigits = 12;
constexpr std::int64_t kLargest = 1 << 30;

struct Decimal {
  std::int64_t digits = 0;  // the value times `scale`
  std::int64_t scale = 1;
};

// Takes "12", ".25" or "1.5" off the front of `text`.
std::optional<Decimal> take_decimal(std::string_view& text) {
  Decimal out;
  std::size_t count = 0;
  std::size_t at = 0;
  bool point = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9') break;
    if (++count > kMostDigits) return std::nullopt;
    out.digits = out.digits * 10 + (c - '0');
    if (point) out.scale *= 10;
  }
  if (count == 0) return std::nullopt;
  text.remove_prefix(at);
  return out;
}

void trim(std::string_view& text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
}

template <std::size_t N>
std::optional<int> parse_size(std::string_view text, const std::array<Suffix, N>& suffixes) {
  trim(text);
  auto number = take_decimal(text);
  if (!number) return std::nullopt;
  trim(text);
  std::string suffix(text);
  std::ranges::transform(suffix, suffix.begin(), [](unsigned char c) { return std::tolower(c); });
  auto known = std::ranges::find(suffixes, std::string_view(suffix), &Suffix::text);
  if (known == suffixes.end()) return std::nullopt;
  const std::int64_t product = number->digits * known->factor;
  if (product % number->scale != 0) return std::nullopt;
  const std::int64_t value = product / number->scale;
  if (value <= 0 || value > kLargest) return std::nullopt;
  return static_cast<int>(value);
}

struct Row {
  int cpu;
  int from;
  int to;
  int step;
  bool windows;
};

// The sizes of Fargate, from its public documentation. 256 has 512 MiB besides the row below.
constexpr std::array<Row, 7> kSizes = {{{256, 1024, 2048, 1024, false},
                                        {512, 1024, 4096, 1024, false},
                                        {1024, 2048, 8192, 1024, true},
                                        {2048, 4096, 16384, 1024, true},
                                        {4096, 8192, 30720, 1024, true},
                                        {8192, 16384, 61440, 4096, false},
                                        {16384, 32768, 122880, 8192, false}}};

}  // namespace

std::optional<int> parse_cpu(std::string_view text) { return parse_size(text, kCpuSuffixes); }
std::optional<int> parse_memory(std::string_view text) { return parse_size(text, kMemorySuffixes); }

bool fargate_size_exists(int cpu, int memory_mib, bool windows) {
  if (cpu == 256 && memory_mib == 512) return !windows;
  auto row = std::ranges::find(kSizes, cpu, &Row::cpu);
  return row != kSizes.end() && (!windows || row->windows) && memory_mib >= row->from &&
         memory_mib <= row->to && (memory_mib - row->from) % row->step == 0;
}

}  // namespace drydock::taskdef
