#include "logrouter/filter_condition.h"

#include <algorithm>
#include <charconv>

#include "logrouter/wildcard.h"

namespace drydock::logrouter::filter {
namespace {

constexpr int kDeepest = 64;
constexpr std::int64_t kExpressionMemory = 1 << 20;
constexpr std::string_view kExpressionSymbols = ":_#=@/;,-^$?[]{}|\\*+. ";

bool alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool equals(const Value& value, const Field& field) {
  if (value.expression)
    return RE2::PartialMatch(re2::StringPiece(field.text.data(), field.text.size()),
                             *value.expression);
  if (value.number && field.number && *value.number == *field.number) return true;
  return matches_wildcard(value.text, field.text);
}

}  // namespace

Result<std::shared_ptr<const RE2>> expression(std::string_view text) {
  const auto bad = std::find_if(text.begin(), text.end(), [](char c) {
    return !alnum(c) && kExpressionSymbols.find(c) == kExpressionSymbols.npos;
  });
  if (bad != text.end())
    return fail(Errc::kInvalid, "the expression %" + std::string(text.substr(0, 100)) +
                                    "% holds '" + *bad + "', which is not supported there");
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kExpressionMemory);
  options.set_encoding(RE2::Options::EncodingLatin1);
  auto made = std::make_shared<const RE2>(re2::StringPiece(text.data(), text.size()), options);
  if (!made->ok())
    return fail(Errc::kInvalid,
                "the expression %" + std::string(text.substr(0, 100)) + "%: " + made->error());
  return made;
}

std::optional<double> number_of(std::string_view text) {
  double n = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (text.empty() || bad != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return n;
}

bool compares(Operator op, const Value& value, const Field& field) {
  switch (op) {
    case Operator::kEqual:
      return equals(value, field);
    case Operator::kUnequal:
      return !equals(value, field);
    case Operator::kLess:
      return field.number && *field.number < *value.number;
    case Operator::kGreater:
      return field.number && *field.number > *value.number;
    case Operator::kAtMost:
      return field.number && *field.number <= *value.number;
    case Operator::kAtLeast:
      return field.number && *field.number >= *value.number;
    default:
      return true;
  }
}

void Reader::skip_spaces() {
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n'))
    ++at_;
}

char Reader::peek() {
  skip_spaces();
  return at_ < text_.size() ? text_[at_] : '\0';
}

bool Reader::at_end() {
  skip_spaces();
  return at_ >= text_.size();
}

bool Reader::take(std::string_view token) {
  skip_spaces();
  if (text_.substr(at_, token.size()) != token) return false;
  at_ += token.size();
  return true;
}

bool Reader::take_word(std::string_view word) {
  skip_spaces();
  const std::size_t end = at_ + word.size();
  if (text_.substr(at_, word.size()) != word || (end < text_.size() && alnum(text_[end])))
    return false;
  at_ = end;
  return true;
}

tl::unexpected<Error> Reader::wrong(const std::string& what) const {
  return fail(Errc::kInvalid, what + " at position " + std::to_string(at_ + 1));
}

std::string_view Reader::name(std::string_view more) {
  const std::size_t from = at_;
  while (at_ < text_.size() && (alnum(text_[at_]) || more.find(text_[at_]) != more.npos)) ++at_;
  return text_.substr(from, at_ - from);
}

Result<std::string> Reader::quoted(char quote) {
  std::string out;
  for (++at_; at_ < text_.size(); ++at_) {
    if (text_[at_] == quote) {
      ++at_;
      return out;
    }
    // In an expression a backslash is the expression's own.
    if (text_[at_] == '\\' && quote != '%' && at_ + 1 < text_.size()) ++at_;
    out += text_[at_];
  }
  return wrong(std::string("a ") + quote + " is not closed");
}

Result<Condition> Reader::condition(bool json) {
  if (++depth_ > kDeepest) return wrong("too many parentheses");
  Condition any;
  any.kind = Condition::Kind::kAny;
  do {
    DRYDOCK_LET(Condition part, all_of(json));
    any.parts.push_back(std::move(part));
  } while (take("||"));
  --depth_;
  if (any.parts.size() == 1) return Condition(std::move(any.parts.front()));
  return any;
}

Result<Condition> Reader::all_of(bool json) {
  Condition all;
  all.kind = Condition::Kind::kAll;
  do {
    DRYDOCK_LET(Condition part, one(json));
    all.parts.push_back(std::move(part));
  } while (take("&&"));
  if (all.parts.size() == 1) return Condition(std::move(all.parts.front()));
  return all;
}

Result<Condition> Reader::one(bool json) {
  if (!take("(")) return comparison(json);
  DRYDOCK_LET(Condition inner, condition(json));
  if (!take(")")) return wrong("a parenthesis is not closed");
  return inner;
}

Result<Condition> Reader::comparison(bool json) {
  Condition c;
  skip_spaces();
  if (json) {
    DRYDOCK_LET(c.selector, selector());
  } else {
    name("_-.$@#/");
  }
  DRYDOCK_LET(c.op, operation(json));
  if (c.op == Operator::kAny || c.op >= Operator::kNull) return c;
  DRYDOCK_LET(c.value, value());
  if (c.op != Operator::kEqual && c.op != Operator::kUnequal && !c.value.number)
    return wrong("<, >, <= and >= need a number");
  return c;
}

Result<std::vector<Step>> Reader::selector() {
  if (!take("$")) return wrong("a selector must begin with $");
  std::vector<Step> steps;
  while (at_ < text_.size() && (text_[at_] == '.' || text_[at_] == '[')) {
    Step step;
    if (text_[at_] == '.') ++at_;
    if (at_ < text_.size() && text_[at_] == '[') {
      ++at_;
      const char first = peek();
      if (first == '\'' || first == '"') {
        DRYDOCK_LET(step.name, quoted(first));
      } else if (first == '*') {
        ++at_;
        step.all = true;
      } else {
        const std::string_view digits = name("");
        std::size_t index = 0;
        const auto [end, bad] =
            std::from_chars(digits.data(), digits.data() + digits.size(), index);
        if (digits.empty() || bad != std::errc() || end != digits.data() + digits.size())
          return wrong("an index must be a number");
        step.index = index;
      }
      if (!take("]")) return wrong("a ] is missing");
    } else {
      step.name = name("_-@#/:");
      if (step.name.empty()) return wrong("a member's name is missing");
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

Result<Operator> Reader::operation(bool json) {
  if (take("!=")) return Operator::kUnequal;
  if (take("<=")) return Operator::kAtMost;
  if (take(">=")) return Operator::kAtLeast;
  if (take("=")) return Operator::kEqual;
  if (take("<")) return Operator::kLess;
  if (take(">")) return Operator::kGreater;
  if (!json) return Operator::kAny;
  if (take_word("NOT")) {
    if (!take_word("EXISTS")) return wrong("NOT must be followed by EXISTS");
    return Operator::kMissing;
  }
  if (take_word("IS")) {
    if (take_word("NULL")) return Operator::kNull;
    if (take_word("TRUE")) return Operator::kTrue;
    if (take_word("FALSE")) return Operator::kFalse;
    return wrong("IS must be followed by NULL, TRUE or FALSE");
  }
  return wrong("an operator is missing");
}

Result<Value> Reader::value() {
  Value v;
  const char first = peek();
  if (first == '"') {
    DRYDOCK_LET(v.text, quoted('"'));
    return v;
  }
  if (first == '%') {
    DRYDOCK_LET(const std::string text, quoted('%'));
    DRYDOCK_LET(v.expression, expression(text));
    return v;
  }
  const std::size_t from = at_;
  constexpr std::string_view kEnds = " \t\n()&|,]}\"%=<>!";
  while (at_ < text_.size() && kEnds.find(text_[at_]) == kEnds.npos) ++at_;
  v.text = text_.substr(from, at_ - from);
  if (v.text.empty()) return wrong("a value is missing");
  v.number = number_of(v.text);
  return v;
}

}  // namespace drydock::logrouter::filter
