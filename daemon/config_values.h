#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/config_keys.h"

// Whether texts have the forms that keys of the configuration want.
namespace drydock::daemon {

// A whole number and nothing else.
Result<std::int64_t> number(std::string_view text);
bool fits(Form form, const std::string& text);

}  // namespace drydock::daemon
