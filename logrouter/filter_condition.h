#pragma once
#include <re2/re2.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "logrouter/filter_pattern.h"

// What JSON and space-delimited filter patterns have in common: conditions joined by && and ||.
namespace drydock::logrouter::filter {

using Matcher = FilterPattern::Matcher;

Result<std::shared_ptr<const RE2>> expression(std::string_view text);

enum class Operator {
  kAny,
  kEqual,
  kUnequal,
  kLess,
  kGreater,
  kAtMost,
  kAtLeast,
  kNull,
  kTrue,
  kFalse,
  kMissing
};

// "text", text*, 400, %expression%
struct Value {
  std::string text;  // '*' stands for any characters
  std::optional<double> number;
  std::shared_ptr<const RE2> expression;
};

// A field of a message: its text, and its number when it is one.
struct Field {
  std::string_view text;
  std::optional<double> number;
};

std::optional<double> number_of(std::string_view text);
bool compares(Operator op, const Value& value, const Field& field);

struct Step {  // of a JSON selector: a name, an index, or all of an array
  std::string name;
  std::optional<std::size_t> index;
  bool all = false;
};

struct Condition {
  enum class Kind { kCompare, kAll, kAny };
  Kind kind = Kind::kCompare;
  std::vector<Condition> parts;  // kAll, kAny
  std::vector<Step> selector;    // JSON only
  Operator op = Operator::kAny;
  Value value;
};

// Reads one pattern from the left.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  // "a && (b || c)"; each comparison begins with a selector `$.…` (json) or a field's name.
  Result<Condition> condition(bool json);
  bool take(std::string_view token);
  bool at_end();
  char peek();
  tl::unexpected<Error> wrong(const std::string& what) const;

 private:
  Result<Condition> all_of(bool json);
  Result<Condition> one(bool json);
  Result<Condition> comparison(bool json);
  Result<std::vector<Step>> selector();
  Result<Operator> operation(bool json);
  Result<Value> value();
  Result<std::string> quoted(char quote);
  bool take_word(std::string_view word);
  std::string_view name(std::string_view more);
  void skip_spaces();

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

Result<std::shared_ptr<const Matcher>> parse_json_pattern(std::string_view text);
Result<std::shared_ptr<const Matcher>> parse_delimited_pattern(std::string_view text);

}  // namespace drydock::logrouter::filter
