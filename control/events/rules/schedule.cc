#include "control/events/rules/schedule.h"

#include <charconv>
#include <string>

namespace drydock::control::events {
namespace {

constexpr int kLongest = 50 * 365 * 86400;  // what a Time can be counted on with

// "1 minute", "5 minutes", "2 hours", "1 day".
Result<Duration> rate_of(std::string_view text) {
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const auto wrong = fail(Errc::kInvalid, "the rate \"" + std::string(text) +
                                              "\" does not have the form 1 minute, 5 minutes, 2 "
                                              "hours or 1 day");
  if (error != std::errc{} || count < 1) return wrong;
  const char* const plural = count == 1 ? "" : "s";
  for (const auto& [name, seconds] :
       {std::pair{" minute", 60}, std::pair{" hour", 3600}, std::pair{" day", 86400}})
    if (unit == name + std::string(plural) && count <= kLongest / seconds)
      return std::chrono::seconds(static_cast<std::int64_t>(count) * seconds);
  return wrong;
}

}  // namespace

Result<Schedule> Schedule::parse(std::string_view text) {
  const auto inside = [&](std::string_view name) -> std::optional<std::string_view> {
    if (!text.starts_with(name) || !text.ends_with(')')) return std::nullopt;
    return text.substr(name.size(), text.size() - name.size() - 1);
  };
  if (const auto rate = inside("rate(")) {
    DRYDOCK_LET(const Duration every, rate_of(*rate));
    return Schedule(every);
  }
  if (const auto fields = inside("cron(")) {
    DRYDOCK_LET(Cron cron, Cron::parse(*fields));
    return Schedule(std::move(cron));
  }
  return fail(Errc::kInvalid, "a schedule is rate(...) or cron(...)");
}

std::optional<Time> Schedule::next(Time after, Time begin) const {
  if (const auto* cron = std::get_if<Cron>(&when_)) return cron->next(after);
  const Duration every = std::get<Duration>(when_);
  if (after < begin) return begin + every;
  return begin + ((after - begin) / every + 1) * every;
}

}  // namespace drydock::control::events
