// What EventBridge's clients send as text: a pattern up to the first NUL, an event, and either as a
// schedule; a target and the event it is sent.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "control/events/rules/pattern.h"
#include "control/events/rules/schedule.h"
#include "control/events/rules/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock;
  using namespace drydock::control::events;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto nul = input.find('\0');
  const std::string_view first = input.substr(0, nul);
  const std::string_view second = nul == input.npos ? std::string_view() : input.substr(nul + 1);
  const auto pattern = EventPattern::parse(first);
  const auto event = parse_json(second);
  if (pattern && event) (void)pattern->matches(*event);
  if (const auto schedule = Schedule::parse(first)) {
    const Time begin{std::chrono::seconds(1772352000)};
    const auto next = schedule->next(begin, begin);
    if (next && *next <= begin) __builtin_trap();
  }
  const auto target = parse_json(first);
  if (target && event && event->is_object() && check_target(*target)) {
    const std::string sent = target_input(*target, *event, "arn:aws:events:r:a:rule/x");
    if (runs_tasks(*target)) (void)run_request(*target, "x", sent);
  }
  return 0;
}
