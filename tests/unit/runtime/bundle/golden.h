#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

// DRYDOCK_UPDATE_GOLDEN=1 rewrites the file; the difference is then reviewed like code.
inline void expect_golden(const std::string& name, const std::string& actual) {
  const std::string file = std::string(DRYDOCK_GOLDEN_DIR) + "/runtime/" + name;
  if (std::getenv("DRYDOCK_UPDATE_GOLDEN")) {
    std::ofstream(file) << actual;
    return;
  }
  std::ifstream in(file);
  std::stringstream want;
  want << in.rdbuf();
  EXPECT_EQ(want.str(), actual) << "golden file " << name;
}
