#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace drydock {

// Standard base64, with padding.
std::string base64(std::string_view bytes);
// The bytes of standard base64 with or without padding; kInvalid.
Result<std::string> decode_base64(std::string_view text);

}  // namespace drydock
