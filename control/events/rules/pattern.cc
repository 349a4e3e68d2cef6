#include "control/events/rules/pattern.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "control/events/rules/matchers.h"

namespace drydock::control::events {
namespace {

Status check(const Json& pattern);

Status check_or(const Json& list) {
  if (!list.is_array() || list.size() < 2)
    return fail(Errc::kInvalid, "There must have at least 2 Objects in $or relationship.");
  for (const Json& one : list) {
    if (!one.is_object())
      return fail(Errc::kInvalid, "Only Object is allowed in array of $or relationship.");
    DRYDOCK_TRY(check(one));
  }
  return {};
}

Status check_field(const std::string& name, const Json& wanted) {
  if (wanted.is_object()) return check(wanted);
  if (!wanted.is_array())
    return fail(Errc::kInvalid, "\"" + name + "\" must be an object or an array");
  if (wanted.empty()) return fail(Errc::kInvalid, "Empty arrays are not allowed");
  for (const Json& one : wanted) DRYDOCK_TRY(check_matcher(one));
  return {};
}

Status check(const Json& pattern) {
  if (pattern.empty()) return fail(Errc::kInvalid, "Empty objects are not allowed");
  for (const auto& [name, wanted] : pattern.items())
    DRYDOCK_TRY(name == "$or" ? check_or(wanted) : check_field(name, wanted));
  return {};
}

// Null: the event has no such field. A value of a list in the event is enough.
bool field_matches(const Json& matcher, const Json* value) {
  bool exists = false;
  if (asks_for_existence(matcher, exists)) return exists == (value && !value->is_object());
  if (!value || value->is_object()) return false;
  if (!value->is_array()) return matches_value(matcher, *value);
  return std::any_of(value->begin(), value->end(), [&](const Json& one) {
    return !one.is_structured() && matches_value(matcher, one);
  });
}

bool object_matches(const Json& pattern, const Json* event);

bool nested_matches(const Json& pattern, const Json* value) {
  if (!value || !value->is_array()) return object_matches(pattern, value);
  return std::any_of(value->begin(), value->end(), [&](const Json& one) {
    return one.is_object() && object_matches(pattern, &one);
  });
}

bool object_matches(const Json& pattern, const Json* event) {
  for (const auto& [name, wanted] : pattern.items()) {
    bool fits = false;
    if (name == "$or") {
      fits = std::any_of(wanted.begin(), wanted.end(),
                         [&](const Json& one) { return object_matches(one, event); });
    } else {
      const Json* value = nullptr;
      if (event && event->is_object())
        if (const auto at = event->find(name); at != event->end()) value = &*at;
      fits = wanted.is_object() ? nested_matches(wanted, value)
                                : std::any_of(wanted.begin(), wanted.end(), [&](const Json& one) {
                                    return field_matches(one, value);
                                  });
    }
    if (!fits) return false;
  }
  return true;
}

}  // namespace

Result<EventPattern> EventPattern::parse(std::string_view text) {
  auto json = parse_json(text);
  if (!json) return tl::unexpected(std::move(json.error()));
  if (!json->is_object()) return fail(Errc::kInvalid, "Filter is not an object");
  DRYDOCK_TRY(check(*json));
  return EventPattern(std::make_shared<const Json>(std::move(*json)));
}

bool EventPattern::matches(const Json& event) const { return object_matches(*pattern_, &event); }

}  // namespace drydock::control::events
