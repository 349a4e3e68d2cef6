#include "base/base64.h"

#include <gtest/gtest.h>

namespace drydock {
namespace {

TEST(Base64, IsDecodedWithAndWithoutPadding) {
  EXPECT_EQ(*decode_base64("YTpi"), "a:b");
  EXPECT_EQ(*decode_base64("YTpiYg=="), "a:bb");
  EXPECT_EQ(*decode_base64("YTpiYg"), "a:bb");
  EXPECT_FALSE(decode_base64("a b"));
}

TEST(Base64, GivesBackEveryByte) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    EXPECT_EQ(*decode_base64(base64(bytes)), bytes);
    bytes += static_cast<char>(i);
  }
  EXPECT_EQ(base64("a:bb"), "YTpiYg==");
}

}  // namespace
}  // namespace drydock
