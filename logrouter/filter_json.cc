#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "logrouter/filter_condition.h"

// Filter patterns over JSON messages: { $.member = value && … }
namespace drydock::logrouter::filter {
namespace {

bool holds(const Condition& c, const Json& found) {
  switch (c.op) {
    case Operator::kNull:
      return found.is_null();
    case Operator::kTrue:
      return found.is_boolean() && found.get<bool>();
    case Operator::kFalse:
      return found.is_boolean() && !found.get<bool>();
    default:
      break;
  }
  if (found.is_string()) {
    const auto& text = found.get_ref<const std::string&>();
    return compares(c.op, c.value, {text, std::nullopt});
  }
  if (found.is_structured() || found.is_null()) return false;
  const std::string text = found.dump();
  const auto number = found.is_number() ? std::optional(found.get<double>()) : std::nullopt;
  return compares(c.op, c.value, {text, number});
}

// Calls `holds` for what the selector names; false when there is nothing.
template <class F>
bool any_selected(const Json& value, const std::vector<Step>& steps, std::size_t at, const F& f) {
  if (at == steps.size()) return f(value);
  const Step& step = steps[at];
  if (step.all || step.index) {
    if (!value.is_array()) return false;
    if (step.index)
      return *step.index < value.size() && any_selected(value[*step.index], steps, at + 1, f);
    for (const Json& one : value)
      if (any_selected(one, steps, at + 1, f)) return true;
    return false;
  }
  if (!value.is_object()) return false;
  const auto it = value.find(step.name);
  return it != value.end() && any_selected(*it, steps, at + 1, f);
}

bool is_true(const Condition& c, const Json& message) {
  if (c.kind == Condition::Kind::kAll)
    return std::all_of(c.parts.begin(), c.parts.end(),
                       [&](const Condition& part) { return is_true(part, message); });
  if (c.kind == Condition::Kind::kAny)
    return std::any_of(c.parts.begin(), c.parts.end(),
                       [&](const Condition& part) { return is_true(part, message); });
  if (c.op == Operator::kMissing)
    return !any_selected(message, c.selector, 0, [](const Json&) { return true; });
  return any_selected(message, c.selector, 0, [&](const Json& found) { return holds(c, found); });
}

class JsonMatcher : public Matcher {
 public:
  explicit JsonMatcher(Condition condition) : condition_(std::move(condition)) {}
  bool matches(std::string_view message) const override {
    const auto first = message.find_first_not_of(" \t\r\n");
    if (first == message.npos || (message[first] != '{' && message[first] != '[')) return false;
    const auto parsed = parse_json(message);
    return parsed && is_true(condition_, *parsed);
  }

 private:
  Condition condition_;
};

}  // namespace

Result<std::shared_ptr<const Matcher>> parse_json_pattern(std::string_view text) {
  Reader reader(text);
  (void)reader.take("{");
  DRYDOCK_LET(Condition condition, reader.condition(true));
  if (!reader.take("}")) return reader.wrong("&&, || or } is missing");
  if (!reader.at_end()) return reader.wrong("something follows the }");
  return std::make_shared<const JsonMatcher>(std::move(condition));
}

}  // namespace drydock::logrouter::filter
