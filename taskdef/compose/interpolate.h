#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace drydock::taskdef::compose {

using Variables = std::function<std::optional<std::string>(const std::string& name)>;

// Compose's variables in one text: $NAME, ${NAME}, ${NAME:-default}, ${NAME-default},
// ${NAME:?message}, ${NAME?message}, ${NAME:+other}, ${NAME+other}, $$ for a dollar; defaults may
// hold variables. Names without a value become nothing and are added to `unset`. kInvalid for
// another use of $, for a ? without its value, and for a result of more than 1 MiB.
Result<std::string> interpolate(std::string_view text, const Variables& variables,
                                std::vector<std::string>& unset);

}  // namespace drydock::taskdef::compose
