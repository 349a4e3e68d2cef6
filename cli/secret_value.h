#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/options.h"

namespace drydock::cli {

// The value that `source` names, read as the user at the keyboard. Of standard input (also when
// nothing is named) one line end at its end is left out. kInvalid: it is empty, or there is no such
// variable.
Result<std::string> read_value(const ValueSource& source);
// A secrets file: at most 1 MiB of text. "-" is standard input.
Result<std::string> read_secrets_file(const std::string& file);

bool is_utf8(std::string_view text);

}  // namespace drydock::cli
