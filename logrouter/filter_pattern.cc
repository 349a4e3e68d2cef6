#include "logrouter/filter_pattern.h"

#include <algorithm>

#include "logrouter/filter_condition.h"

namespace drydock::logrouter {
namespace filter {
namespace {

constexpr std::size_t kMostFields = 512;

struct Term {
  std::string text;
  std::shared_ptr<const RE2> expression;
  bool in(std::string_view message) const {
    if (!expression) return message.find(text) != message.npos;
    return RE2::PartialMatch(re2::StringPiece(message.data(), message.size()), *expression);
  }
};

class TermMatcher : public Matcher {
 public:
  std::vector<Term> with, without, one_of;
  bool matches(std::string_view message) const override {
    const auto there = [&](const Term& term) { return term.in(message); };
    if (std::any_of(without.begin(), without.end(), there)) return false;
    // Beside other terms AWS does not count those with a question mark.
    if (with.empty() && without.empty()) return std::any_of(one_of.begin(), one_of.end(), there);
    return std::all_of(with.begin(), with.end(), there);
  }
};

// The end of a term in quotes or percent signs that begins at `from`; npos when it is not closed.
std::size_t closing(std::string_view text, std::size_t from) {
  for (std::size_t at = from + 1; at < text.size(); ++at) {
    if (text[at] == '\\')
      ++at;
    else if (text[at] == text[from])
      return at;
  }
  return text.npos;
}

Result<Term> take_term(std::string_view text, std::size_t& at) {
  Term term;
  const char first = at < text.size() ? text[at] : ' ';
  if (first != '"' && first != '%') {
    const std::size_t end = std::min(text.find_first_of(" \t\n", at), text.size());
    term.text = text.substr(at, end - at);
    at = end;
    if (term.text.empty()) return fail(Errc::kInvalid, "a term is missing after ? or -");
    return term;
  }
  const std::size_t end = closing(text, at);
  if (end == text.npos) return fail(Errc::kInvalid, std::string("a ") + first + " is not closed");
  const std::string_view inside = text.substr(at + 1, end - at - 1);
  at = end + 1;
  if (first == '%') {
    DRYDOCK_LET(term.expression, expression(inside));
    return term;
  }
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] == '\\' && i + 1 < inside.size()) ++i;
    term.text += inside[i];
  }
  return term;
}

Result<std::shared_ptr<const Matcher>> parse_terms(std::string_view text) {
  auto matcher = std::make_shared<TermMatcher>();
  for (std::size_t at = 0;;) {
    at = text.find_first_not_of(" \t\n", at);
    if (at == text.npos) break;
    auto& list = text[at] == '-'   ? matcher->without
                 : text[at] == '?' ? matcher->one_of
                                   : matcher->with;
    if (&list != &matcher->with) ++at;
    DRYDOCK_LET(Term term, take_term(text, at));
    list.push_back(std::move(term));
  }
  return matcher;
}

// The fields of a message: separated by spaces, except within [] and "".
std::vector<std::string_view> fields_of(std::string_view message) {
  std::vector<std::string_view> fields;
  for (std::size_t at = 0; fields.size() <= kMostFields;) {
    at = message.find_first_not_of(" \t\r\n", at);
    if (at == message.npos) break;
    const char close = message[at] == '[' ? ']' : message[at] == '"' ? '"' : ' ';
    std::size_t end = close == ' ' ? message.npos : message.find(close, at + 1);
    if (end != message.npos) {
      fields.push_back(message.substr(at + 1, end - at - 1));
      at = end + 1;
      continue;
    }
    end = std::min(message.find_first_of(" \t\r\n", at), message.size());
    fields.push_back(message.substr(at, end - at));
    at = end;
  }
  return fields;
}

bool is_true(const Condition& c, std::string_view field) {
  if (c.kind == Condition::Kind::kAll)
    return std::all_of(c.parts.begin(), c.parts.end(),
                       [&](const Condition& part) { return is_true(part, field); });
  if (c.kind == Condition::Kind::kAny)
    return std::any_of(c.parts.begin(), c.parts.end(),
                       [&](const Condition& part) { return is_true(part, field); });
  return compares(c.op, c.value, {field, number_of(field)});
}

class DelimitedMatcher : public Matcher {
 public:
  std::vector<Condition> before, after;  // the ellipsis
  bool open = false;                     // there is an ellipsis
  bool matches(std::string_view message) const override {
    const auto fields = fields_of(message);
    const std::size_t named = before.size() + after.size();
    if (open ? fields.size() < named : fields.size() != named) return false;
    for (std::size_t i = 0; i < before.size(); ++i)
      if (!is_true(before[i], fields[i])) return false;
    for (std::size_t i = 0; i < after.size(); ++i)
      if (!is_true(after[i], fields[fields.size() - after.size() + i])) return false;
    return true;
  }
};

}  // namespace

Result<std::shared_ptr<const Matcher>> parse_delimited_pattern(std::string_view text) {
  Reader reader(text);
  auto matcher = std::make_shared<DelimitedMatcher>();
  (void)reader.take("[");
  do {
    if (reader.take("...")) {
      if (matcher->open) return reader.wrong("there can be one ...");
      matcher->open = true;
      continue;
    }
    Condition field;
    if (reader.peek() != ',' && reader.peek() != ']') {
      DRYDOCK_LET(field, reader.condition(false));
    }
    (matcher->open ? matcher->after : matcher->before).push_back(std::move(field));
  } while (reader.take(","));
  if (!reader.take("]")) return reader.wrong("a comma or ] is missing");
  if (!reader.at_end()) return reader.wrong("something follows the ]");
  return matcher;
}

}  // namespace filter

Result<FilterPattern> FilterPattern::parse(std::string_view text) {
  FilterPattern pattern;
  const auto first = text.find_first_not_of(" \t\n");
  if (first == text.npos) return pattern;
  if (text[first] == '{') {
    DRYDOCK_LET(pattern.matcher_, filter::parse_json_pattern(text.substr(first)));
  } else if (text[first] == '[') {
    DRYDOCK_LET(pattern.matcher_, filter::parse_delimited_pattern(text.substr(first)));
  } else {
    DRYDOCK_LET(pattern.matcher_, filter::parse_terms(text));
  }
  return pattern;
}

bool FilterPattern::matches(std::string_view message) const {
  return !matcher_ || matcher_->matches(message);
}

}  // namespace drydock::logrouter
