#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace drydock {

// Compares with tests/golden/<name>. DRYDOCK_UPDATE_GOLDEN=1 rewrites the file; the difference is
// then reviewed like code.
inline void expect_golden_text(const std::string& name, const std::string& actual) {
  const std::string file = std::string(DRYDOCK_GOLDEN_DIR) + "/" + name;
  if (std::getenv("DRYDOCK_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(file) << actual;
    return;
  }
  std::ifstream in(file);
  std::stringstream want;
  want << in.rdbuf();
  EXPECT_EQ(want.str(), actual) << "golden file " << name;
}

}  // namespace drydock
