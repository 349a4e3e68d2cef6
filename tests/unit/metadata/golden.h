#pragma once
#include <string>

#include "base/json.h"
#include "tests/unit/golden.h"

namespace drydock::metadata {

inline void expect_golden(const std::string& name, const Json& actual) {
  expect_golden_text("metadata/" + name, pretty_json(actual) + "\n");
}

}  // namespace drydock::metadata
