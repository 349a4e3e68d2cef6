#pragma once
#include <string>
#include <string_view>

// AWS's framing of streamed answers (application/vnd.amazon.eventstream). Pure.
namespace drydock::api::logs {

// One frame: `type` is "event" or "exception", `name` which one, `json` its payload.
std::string event_frame(std::string_view type, std::string_view name, std::string_view json);

}  // namespace drydock::api::logs
