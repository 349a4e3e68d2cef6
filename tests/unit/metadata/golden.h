#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "base/json.h"

namespace drydock::metadata {

// DRYDOCK_UPDATE_GOLDEN=1 rewrites the file; the difference is then reviewed like code.
inline void expect_golden(const std::string& name, const Json& actual) {
  const std::string file = std::string(DRYDOCK_GOLDEN_DIR) + "/metadata/" + name;
  const std::string text = pretty_json(actual) + "\n";
  if (std::getenv("DRYDOCK_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(file) << text;
    return;
  }
  std::ifstream in(file);
  std::stringstream want;
  want << in.rdbuf();
  EXPECT_EQ(want.str(), text) << "golden file " << name;
}

}  // namespace drydock::metadata
