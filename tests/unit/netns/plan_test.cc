#include "netns/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drydock::netns {
namespace {

using ::testing::ElementsAre;

std::vector<HostRoute> routes(const std::vector<std::pair<const char*, const char*>>& list) {
  std::vector<HostRoute> made;
  for (const auto& [to, link] : list) made.push_back({*parse_subnet(to), link});
  return made;
}

std::string chosen(const char* wanted, const std::vector<HostRoute>& host) {
  auto subnet = choose_subnet(wanted, host, "dd0badcafe");
  return subnet ? to_string(*subnet) : subnet.error().message;
}

TEST(Address, IsReadAndPrinted) {
  EXPECT_EQ(to_string(*parse_ipv4("172.31.0.5")), "172.31.0.5");
  for (const char* bad : {"", "1.2.3", "1.2.3.256", "1.2.3.4 ", "::1", "01.2.3.4"})
    EXPECT_FALSE(parse_ipv4(bad)) << bad;
  EXPECT_EQ(parse_ipv4("x").error().message, "\"x\" is not an IPv4 address such as 172.31.0.4");
}

TEST(Address, ASubnetIsReadAndItsMistakesAreNamed) {
  EXPECT_EQ(to_string(*parse_subnet("10.1.0.0/16")), "10.1.0.0/16");
  EXPECT_EQ(to_string(*parse_subnet("0.0.0.0/0")), "0.0.0.0/0");
  EXPECT_EQ(parse_subnet("10.1.2.3/16").error().message,
            "\"10.1.2.3/16\" names an address inside a subnet; write 10.1.0.0/16");
  for (const char* bad :
       {"", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "/8"})
    EXPECT_EQ(parse_subnet(bad).error().message,
              "\"" + std::string(bad) + "\" is not a subnet such as 172.31.0.0/16");
}

TEST(Address, SubnetsOverlapWhenOneHoldsTheOther) {
  const auto wide = *parse_subnet("172.16.0.0/12"), inner = *parse_subnet("172.31.0.0/16");
  EXPECT_TRUE(wide.overlaps(inner) && inner.overlaps(wide));
  EXPECT_FALSE(inner.overlaps(*parse_subnet("172.30.0.0/16")));
}

TEST(Address, TheHardwareAddressFollowsFromTheAddress) {
  EXPECT_EQ(to_string(mac_of(*parse_ipv4("172.31.0.5"))), "02:dd:ac:1f:00:05");
}

TEST(Plan, NamesCarryTheInstanceAndFitInAnInterfaceName) {
  EXPECT_EQ(table_name("0badcafe"), "drydock_0badcafe");
  EXPECT_EQ(bridge_name("0badcafe"), "dd0badcafe");
  EXPECT_EQ(veth_name("0badcafe", 7), "dd0bad7");
  EXPECT_LE(veth_name("0badcafe", 65535).size(), 15u);
  EXPECT_TRUE(check_instance_id("0badcafe"));
  for (const char* bad : {"", "0badcaf", "0BADCAFE", "0badcafe0", "../../.."})
    EXPECT_FALSE(check_instance_id(bad)) << bad;
}

TEST(Plan, TheFirstDefaultSubnetThatIsFreeIsChosen) {
  EXPECT_EQ(chosen("", routes({{"0.0.0.0/0", "eth0"}, {"192.168.1.0/24", "eth0"}})),
            "172.31.0.0/16");
  EXPECT_EQ(chosen("", routes({{"172.31.16.0/20", "eth0"}})), "10.213.0.0/16");
  EXPECT_EQ(chosen("", routes({{"172.16.0.0/12", "vpn0"}, {"10.0.0.0/8", "vpn0"}})),
            "192.168.212.0/22");
  EXPECT_EQ(chosen("", routes({{"172.31.0.0/16", "dd0badcafe"}})), "172.31.0.0/16")
      << "our own bridge";
}

TEST(Plan, WhenNoSubnetIsFreeTheMessageNamesEachRoute) {
  EXPECT_EQ(
      chosen(
          "",
          routes({{"172.31.0.0/16", "eth0"}, {"10.0.0.0/8", "vpn0"}, {"192.168.0.0/16", "wlan0"}})),
      "no subnet is free for the tasks (172.31.0.0/16 overlaps 172.31.0.0/16 on eth0, "
      "10.213.0.0/16 overlaps "
      "10.0.0.0/8 on vpn0, 192.168.212.0/22 overlaps 192.168.0.0/16 on wlan0); choose one with "
      "--subnet, e.g. "
      "10.99.0.0/16");
}

TEST(Plan, AWantedSubnetMustBeUsable) {
  EXPECT_EQ(chosen("10.5.0.0/20", {}), "10.5.0.0/20");
  EXPECT_EQ(chosen("10.5.0.0/30", {}), "--subnet 10.5.0.0/30: the prefix must be 8 to 28");
  EXPECT_EQ(chosen("10.5.0.1/20", {}),
            "--subnet: \"10.5.0.1/20\" names an address inside a subnet; write 10.5.0.0/20");
  EXPECT_EQ(chosen("127.0.0.0/8", {}),
            "--subnet 127.0.0.0/8 lies in 127.0.0.0/8, which is reserved; take one of 10.0.0.0/8, "
            "172.16.0.0/12 or "
            "192.168.0.0/16");
  EXPECT_EQ(chosen("10.5.0.0/16", routes({{"10.0.0.0/8", "vpn0"}})),
            "--subnet 10.5.0.0/16 overlaps the host's route 10.0.0.0/8 on vpn0; choose another");
}

TEST(Plan, PortsAreTriedFromTheSameNumberUpwardAndAroundTheEnd) {
  EXPECT_THAT(port_candidates(8080, 3), ElementsAre(8080, 8081, 8082));
  EXPECT_THAT(port_candidates(80, 2), ElementsAre(8080, 8081));
  EXPECT_THAT(port_candidates(1023, 1), ElementsAre(9023));
  EXPECT_THAT(port_candidates(65534, 4), ElementsAre(65534, 65535, 1024, 1025));
  EXPECT_EQ(port_candidates(5000, 1'000'000).size(), 64512u);
}

TEST(Plan, DynamicPortsGoOnBehindTheLastOneAndAroundTheEnd) {
  EXPECT_THAT(dynamic_candidates({100, 104}, 0, 1), ElementsAre(100, 101, 102, 103, 104));
  EXPECT_THAT(dynamic_candidates({100, 104}, 102, 1), ElementsAre(103, 104, 100, 101, 102));
  EXPECT_THAT(dynamic_candidates({100, 104}, 104, 1), ElementsAre(100, 101, 102, 103, 104));
}

TEST(Plan, ABlockOfDynamicPortsLiesInTheRangeAsAWhole) {
  EXPECT_THAT(dynamic_candidates({100, 104}, 0, 3), ElementsAre(100, 101, 102));
  EXPECT_THAT(dynamic_candidates({100, 104}, 100, 4), ElementsAre(101, 100));
  EXPECT_THAT(dynamic_candidates({100, 104}, 0, 5), ElementsAre(100));
  EXPECT_TRUE(dynamic_candidates({100, 104}, 0, 6).empty());
}

TEST(Plan, TheRangeOfDynamicPortsIsTheKernels) {
  const auto range = [](const char* text) {
    const PortRange r = dynamic_range(text);
    return std::to_string(r.first) + "-" + std::to_string(r.last);
  };
  EXPECT_EQ(range("32768\t60999\n"), "32768-60999");
  for (const char* odd : {"", "x y", "5", "60999 32768", "1 70000", "0 9"})
    EXPECT_EQ(range(odd), "49153-65535") << odd;
}

TEST(Plan, TheHostNameIsThePrivateDnsName) {
  const auto address = *parse_ipv4("172.31.0.5");
  EXPECT_EQ(private_dns_name(address, "eu-west-1"), "ip-172-31-0-5.eu-west-1.compute.internal");
  EXPECT_EQ(private_dns_name(address, "us-east-1"), "ip-172-31-0-5.ec2.internal");
}

TEST(Plan, TheFilesOfEtc) {
  EXPECT_EQ(hostname_file("ip-172-31-0-5.ec2.internal"), "ip-172-31-0-5.ec2.internal\n");
  EXPECT_EQ(hosts_file("172.31.0.5", "ip-172-31-0-5.ec2.internal"),
            "127.0.0.1 localhost\n172.31.0.5 ip-172-31-0-5.ec2.internal\n");
  EXPECT_EQ(resolv_conf_file({"10.0.0.2", "10.0.0.3"}, {"ec2.internal"}),
            "nameserver 10.0.0.2\nnameserver 10.0.0.3\nsearch ec2.internal\n");
  EXPECT_EQ(resolv_conf_file({}, {}), "");
}

}  // namespace
}  // namespace drydock::netns
