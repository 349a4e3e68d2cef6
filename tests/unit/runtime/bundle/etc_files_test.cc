#include "runtime/bundle/etc_files.h"

#include <gtest/gtest.h>

namespace drydock::runtime {
namespace {

const std::string kLocal =
    "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\n"
    "ff00::0\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n";

TEST(EtcFiles, OfAContainerOnABridgeAreAsDockerWritesThem) {
  EtcInput in;
  in.hostname = "0123456789ab";
  in.address = "172.31.0.6";
  in.gateway = "172.31.0.1";
  in.extra_hosts = {{"api.local", "10.0.0.9"}, {"me", "host-gateway"}};
  in.links = {{"database", "ba9876543210", "ecs-shop-7-db-0a1b", "172.31.0.5"}};
  in.dns_servers = {"172.31.0.2"};
  in.dns_search = {"ec2.internal"};
  const EtcFiles files = etc_files(in);
  EXPECT_EQ(files.hostname, "0123456789ab\n");
  EXPECT_EQ(files.hosts, kLocal +
                             "10.0.0.9\tapi.local\n172.31.0.1\tme\n"
                             "172.31.0.5\tdatabase ba9876543210 ecs-shop-7-db-0a1b\n"
                             "172.31.0.6\t0123456789ab\n");
  EXPECT_EQ(files.resolv_conf, "nameserver 172.31.0.2\nsearch ec2.internal\n");
}

TEST(EtcFiles, WithoutANetworkThereIsNoAddress) {
  EtcInput in;
  in.hostname = "0123456789ab";
  in.host_resolv_conf = "nameserver 192.0.2.1\n";
  EXPECT_EQ(etc_files(in).hosts, kLocal);
  EXPECT_EQ(etc_files(in).resolv_conf, "nameserver 192.0.2.1\n");
}

TEST(EtcFiles, InTheHostsNetworkTheyAreTheHostsUnlessThereIsMoreToSay) {
  EtcInput in;
  in.hostname = "laptop";
  in.host_hosts = "127.0.0.1 localhost laptop\n";
  in.host_resolv_conf = "# by hand\nnameserver 127.0.0.53\nsearch home\noptions edns0\n";
  EXPECT_EQ(etc_files(in).hosts, in.host_hosts);
  EXPECT_EQ(etc_files(in).resolv_conf, in.host_resolv_conf);
  in.dns_search = {"corp.example"};
  EXPECT_EQ(etc_files(in).resolv_conf, "nameserver 127.0.0.53\nsearch corp.example\n");
  in.dns_search.clear();
  in.dns_servers = {"192.0.2.53"};
  EXPECT_EQ(etc_files(in).resolv_conf, "nameserver 192.0.2.53\nsearch home\n");
  in.extra_hosts = {{"api.local", "10.0.0.9"}};
  EXPECT_EQ(etc_files(in).hosts, kLocal + "10.0.0.9\tapi.local\n");
}

TEST(EtcFiles, ALinkWithoutAnAliasHasTheNameOfItsContainer) {
  EXPECT_EQ(parse_link("db").alias, "db");
  EXPECT_EQ(parse_link("db:database").container, "db");
  EXPECT_EQ(parse_link("db:database").alias, "database");
}

}  // namespace
}  // namespace drydock::runtime
