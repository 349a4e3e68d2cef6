// Whether an expression holds (expression.h).
#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/clock.h"
#include "control/instances/expression.h"
#include "control/instances/expression_node.h"

namespace drydock::control::instances {
namespace {

using Kind = Test::Kind;

// The forms of the developer guide: a day, a day and a time, with Z or an offset.
std::optional<Time> time_of(const std::string& text) {
  constexpr std::size_t kDay = 10;  // 2018-06-18
  if (text.size() < kDay || text[4] != '-' || text[7] != '-') return std::nullopt;
  for (const std::string& form : {text, text + "Z", text + "T00:00:00Z"})
    if (const auto time = parse_rfc3339(form)) return *time;
  return std::nullopt;
}

// "1.105.1" as its numbers; none for another text.
std::optional<std::vector<long long>> numbers_of(std::string_view text) {
  std::vector<long long> numbers;
  while (true) {
    const std::string_view part = text.substr(0, text.find('.'));
    long long n = 0;
    const auto [end, bad] = std::from_chars(part.data(), part.data() + part.size(), n);
    if (bad != std::errc() || end != part.data() + part.size()) return std::nullopt;
    numbers.push_back(n);
    if (part.size() == text.size()) return numbers;
    text.remove_prefix(part.size() + 1);
  }
}

template <class T>
int order(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

bool holds(const Test& test, const std::string& value) {
  const auto compared = [&] { return compare_values(value, test.arguments.front()); };
  switch (test.kind) {
    case Kind::kEqual:
      return compared() == 0;
    case Kind::kGreater:
      return compared() > 0;
    case Kind::kGreaterEqual:
      return compared() >= 0;
    case Kind::kLess:
      return compared() < 0;
    case Kind::kLessEqual:
      return compared() <= 0;
    case Kind::kIn:
      return std::ranges::any_of(test.arguments,
                                 [&](const auto& a) { return compare_values(value, a) == 0; });
    case Kind::kMatches:
      return re2::RE2::FullMatch(value, *test.pattern);
    default:
      return true;  // kExists
  }
}

bool holds(const Test& test, const Expression::Values& values) {
  const auto part = [&](const auto& one) { return holds(*one, values); };
  if (test.kind == Kind::kAnd) return std::ranges::all_of(test.parts, part);
  if (test.kind == Kind::kOr) return std::ranges::any_of(test.parts, part);
  if (test.kind == Kind::kNot) return !part(test.parts.front());
  return std::ranges::any_of(values(test.subject),
                             [&](const std::string& value) { return holds(test, value); });
}

}  // namespace

int compare_values(const std::string& a, const std::string& b) {
  if (const auto x = time_of(a), y = time_of(b); x && y) return order(*x, *y);
  if (const auto x = numbers_of(a), y = numbers_of(b); x && y) return order(*x, *y);
  return order(a, b);
}

bool Expression::matches(const Values& values) const { return holds(*root_, values); }

}  // namespace drydock::control::instances
