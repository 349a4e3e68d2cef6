#pragma once
#include <string>

#include "tests/unit/golden.h"

inline void expect_golden(const std::string& name, const std::string& actual) {
  drydock::expect_golden_text("runtime/" + name, actual);
}
