#include "netns/address6.h"

#include <gtest/gtest.h>

namespace drydock::netns {
namespace {

TEST(Address6, ANetworkGivesEachSlotItsAddress) {
  const auto network = parse_network6("fd00:1:2:3::/64");
  ASSERT_TRUE(network);
  EXPECT_EQ(to_string(*network), "fd00:1:2:3::/64");
  EXPECT_EQ(to_string(gateway_of(*network)), "fd00:1:2:3::1");
  EXPECT_EQ(to_string(network->at(0x12345)), "fd00:1:2:3::1:2345");
}

TEST(Address6, OnlyANetworkOfTheRightSizeAndKindIsTaken) {
  EXPECT_TRUE(parse_network6("2001:db8::/64"));
  for (const char* wrong : {"", "/64", "fd00::", "fd00::/48", "fd00::/65", "fd00::1/64",
                            "fe80::/64", "ff02::/64", "::/64", "10.0.0.0/64", "fd00:::/64"})
    EXPECT_EQ(parse_network6(wrong).error().message,
              "\"" + std::string(wrong) + "\" is not an IPv6 network such as fd00:1:2:3::/64");
  EXPECT_FALSE(parse_ipv6("10.0.0.1"));
}

}  // namespace
}  // namespace drydock::netns
