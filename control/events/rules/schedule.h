#pragma once
#include <optional>
#include <string_view>
#include <variant>

#include "control/events/rules/cron.h"

namespace drydock::control::events {

// When a rule fires: "rate(5 minutes)", "cron(0 12 * * ? *)". Pure.
class Schedule {
 public:
  // kInvalid says what is wrong.
  static Result<Schedule> parse(std::string_view text);
  // The first time behind `after`; a rate counts from `begin`. Nothing: never again.
  std::optional<Time> next(Time after, Time begin) const;

 private:
  explicit Schedule(std::variant<Duration, Cron> when) : when_(std::move(when)) {}
  std::variant<Duration, Cron> when_;
};

}  // namespace drydock::control::events
