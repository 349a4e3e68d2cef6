#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace drydock::logrouter {

enum class Wrapping { kGzip, kZlib };
// `text` compressed; level -1 (zlib's choice) to 9.
Result<std::string> deflated(std::string_view text, Wrapping wrapping = Wrapping::kGzip,
                             int level = -1);

}  // namespace drydock::logrouter
