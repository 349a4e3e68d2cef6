#include "netns/address_pool.h"

#include <gtest/gtest.h>

#include <set>

namespace drydock::netns {
namespace {

AddressPool pool(const char* subnet, const std::vector<int>& used = {}) {
  return {*parse_subnet(subnet), used};
}

TEST(AddressPool, StartsAfterTheReservedAddresses) {
  auto p = pool("172.31.0.0/16");
  EXPECT_EQ(to_string(p.address_of(*p.take())), "172.31.0.4");
  EXPECT_EQ(to_string(gateway_of(p.subnet())), "172.31.0.1");
  EXPECT_EQ(to_string(resolver_of(p.subnet())), "172.31.0.2");
}

TEST(AddressPool, HandsOutEveryAddressOnceThenSaysWhatToDo) {
  auto p = pool("10.0.0.0/28");
  std::set<int> seen;
  for (int i = 0; i < 11; ++i) EXPECT_TRUE(seen.insert(*p.take()).second);
  EXPECT_EQ(*seen.begin(), 4);
  EXPECT_EQ(*seen.rbegin(), 14);
  auto none = p.take();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::kBusy);
  EXPECT_EQ(none.error().message,
            "no free address: all 11 of 10.0.0.0/28 are in use; stop tasks, or start the daemon "
            "with a bigger --subnet");
}

TEST(AddressPool, AFreedAddressRestsUntilAllOthersWereUsed) {
  auto p = pool("10.0.0.0/28");
  p.take();
  const int second = *p.take();
  p.give_back(second);
  p.give_back(4);
  p.give_back(4);  // twice counts once
  for (int slot = 6; slot <= 14; ++slot) EXPECT_EQ(*p.take(), slot);
  EXPECT_EQ(*p.take(), second) << "first freed, first used again";
  EXPECT_EQ(*p.take(), 4);
  EXPECT_FALSE(p.take());
}

TEST(AddressPool, ARestartGoesOnAfterTheHighestSlotInUse) {
  auto p = pool("10.0.0.0/28", {5, 9, 9, 400});
  EXPECT_EQ(*p.take(), 10);
  p.give_back(5);
  for (const int slot : {11, 12, 13, 14, 4, 6, 7, 8, 5}) EXPECT_EQ(*p.take(), slot);
  EXPECT_FALSE(p.take());
}

TEST(AddressPool, ABigSubnetIsUsedUpTo65536) {
  auto p = pool("10.0.0.0/8");
  EXPECT_TRUE(p.holds(65534));
  EXPECT_FALSE(p.holds(65535));
}

}  // namespace
}  // namespace drydock::netns
