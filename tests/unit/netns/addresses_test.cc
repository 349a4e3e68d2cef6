#include "netns/addresses.h"

#include <gtest/gtest.h>

namespace drydock::netns {
namespace {

const Subnet kNetwork = *parse_subnet("10.77.0.0/24");
const MappedSubnet kA{"subnet-a", *parse_subnet("10.77.0.64/28")};
const MappedSubnet kB{"subnet-b", *parse_subnet("10.77.0.128/25")};

std::string refusal(const std::vector<MappedSubnet>& mapped) {
  auto ok = check_mapped(mapped, kNetwork);
  return ok ? "" : ok.error().message;
}

TEST(Addresses, AMappedSubnetHasItsOwnAndTheRestHasNoneOfThem) {
  Addresses all(kNetwork, {kA, kB}, {});
  EXPECT_EQ(to_string(all.address_of(*all.take("subnet-a"))), "10.77.0.68");
  EXPECT_EQ(to_string(all.address_of(*all.take("subnet-b"))), "10.77.0.132");
  for (int i = 4; i < 128; ++i) {
    if (i >= 64 && i < 80) continue;
    EXPECT_EQ(*all.take(i % 2 ? "subnet-elsewhere" : ""), i);
  }
  EXPECT_FALSE(all.take(""));
}

TEST(Addresses, ATaskSeesTheSubnetItIsIn) {
  const Addresses all(kNetwork, {kA}, {});
  EXPECT_EQ(to_string(all.subnet_of(70)), "10.77.0.64/28");
  EXPECT_EQ(to_string(all.subnet_of(7)), "10.77.0.0/24");
  ASSERT_EQ(all.gateways().size(), 1u);
  EXPECT_EQ(to_string(all.gateways().front()), "10.77.0.65");
}

TEST(Addresses, AFullSubnetIsNamedAndWhatComesBackIsGivenOutAgain) {
  Addresses all(kNetwork, {kA}, {69});
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(all.take("subnet-a"));
  const auto none = all.take("subnet-a");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message,
            "no free address: all of subnet-a (10.77.0.64/28) are in use; stop tasks, or map the "
            "subnet to a bigger range");
  all.give_back(69);
  EXPECT_EQ(*all.take("subnet-a"), 69);
}

TEST(Addresses, ANetworkThatIsMappedWholeHasNoRest) {
  Addresses all(kNetwork, {{"subnet-all", kNetwork}}, {});
  EXPECT_FALSE(all.has_rest());
  EXPECT_EQ(*all.take("subnet-all"), 4);
}

TEST(Addresses, RangesMustLieInTheNetworkApartFromEachOther) {
  EXPECT_EQ(refusal({kA, kB}), "");
  EXPECT_EQ(refusal({{"subnet-x", *parse_subnet("10.78.0.0/28")}}),
            "subnet subnet-x (10.78.0.0/28) does not lie in the tasks' network 10.77.0.0/24; set "
            "\"subnet\" to a network that holds every mapped one");
  EXPECT_NE(refusal({{"subnet-x", *parse_subnet("10.0.0.0/8")}}), "");
  EXPECT_EQ(refusal({kA, {"subnet-x", *parse_subnet("10.77.0.0/25")}}),
            "subnet subnet-x (10.77.0.0/25) overlaps subnet-a (10.77.0.64/28)");
  EXPECT_EQ(refusal({{"subnet-x", *parse_subnet("10.77.0.0/29")}}),
            "subnet subnet-x (10.77.0.0/29) is too small: the prefix must be at most 28");
}

}  // namespace
}  // namespace drydock::netns
