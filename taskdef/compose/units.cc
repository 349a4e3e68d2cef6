#include "taskdef/compose/units.h"

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

namespace drydock::taskdef::compose {
namespace {

constexpr double kMost = 9e15;  // a double is exact up to here

// The number at the front of `text`, which it is taken off.
std::optional<double> take_number(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
  double value = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + end, value);
  if (end == 0 || error != std::errc() || at != text.data() + end) return std::nullopt;
  text.remove_prefix(end);
  return value;
}

std::string take_word(std::string_view& text) {
  std::string word;
  while (!text.empty() && std::isalpha(static_cast<unsigned char>(text.front()))) {
    word += static_cast<char>(std::tolower(static_cast<unsigned char>(text.front())));
    text.remove_prefix(1);
  }
  return word;
}

std::optional<double> factor(std::string unit) {
  if (unit.size() > 1 && unit.ends_with('b')) unit.pop_back();
  if (unit.size() > 1 && unit.ends_with('i')) unit.pop_back();
  constexpr std::string_view kUnits = "kmgtp";
  if (unit.empty() || unit == "b") return 1;
  const std::size_t at = unit.size() == 1 ? kUnits.find(unit[0]) : std::string_view::npos;
  if (at == std::string_view::npos) return std::nullopt;
  return std::pow(1024.0, static_cast<double>(at + 1));
}

struct TimeUnit {
  std::string_view name;
  double milliseconds;
};
constexpr std::array<TimeUnit, 6> kTimes = {
    {{"ns", 1e-6}, {"us", 1e-3}, {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};

}  // namespace

std::optional<long long> parse_bytes(std::string_view text) {
  const auto value = take_number(text);
  if (!value) return std::nullopt;
  while (text.starts_with(' ')) text.remove_prefix(1);
  const auto by = factor(take_word(text));
  if (!by || !text.empty() || *value * *by > kMost) return std::nullopt;
  return static_cast<long long>(std::ceil(*value * *by));
}

std::optional<long long> parse_milliseconds(std::string_view text) {
  double all = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const auto value = take_number(text);
    if (!value) return std::nullopt;
    const std::string unit = take_word(text);
    double by = unit.empty() && text.empty() && all == 0 ? 1000 : 0;
    for (const TimeUnit& known : kTimes)
      if (known.name == unit) by = known.milliseconds;
    if (by == 0) return std::nullopt;
    all += *value * by;
  }
  if (all > kMost) return std::nullopt;
  return static_cast<long long>(std::ceil(all));
}

}  // namespace drydock::taskdef::compose
