#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace drydock {

// Words as a shell splits them: blanks, '…', "…" and \; nothing is expanded. kInvalid for an open
// quote or a last backslash.
Result<std::vector<std::string>> split_words(std::string_view text);

}  // namespace drydock
