#include <sys/ioctl.h>

#include "base/files.h"
#include "fixture.h"
#include "netns/links.h"
#include "netns/nft.h"
#include "netns/plan.h"

namespace drydock::netns::test {
namespace {

constexpr const char* kBridgeNf = "/proc/sys/net/bridge/bridge-nf-call-iptables";

// Two containers on the bridge, as of one task with network mode bridge.
class Bridge : public NetworkRoot {
 protected:
  void SetUp() override {
    NetworkRoot::SetUp();
    if (IsSkipped()) return;
    network_ = open();
    for (TaskNetwork* one : {&web_, &db_}) {
      auto made = network_->acquire(place());
      ASSERT_EQ(text(made), "");
      *one = std::move(*made);
    }
  }
  static TaskPlace place() {
    TaskPlace place;
    place.shape = Shape::kBridge;
    return place;
  }
  static PublishWanted dynamic(int port, int count = 1) {
    PublishWanted wanted{port};
    wanted.count = count;
    wanted.dynamic = wanted.instance = true;
    return wanted;
  }
  // What a server in `to` says to a client in `from`.
  std::string ask_between(const TaskNetwork& from, const TaskNetwork& to, int task_port,
                          const std::string& address, int port) {
    std::string said;
    EXPECT_EQ(in(from,
                 [&]() -> Status {
                   said = ask_task(to, task_port, address, port);
                   return {};
                 }),
              "");
    return said;
  }
  std::unique_ptr<Network> network_;
  TaskNetwork web_, db_;
};

TEST_F(Bridge, ANamespaceHasEth0AndNothingOfAVpc) {
  EXPECT_EQ(in(web_,
               []() -> Status {
                 DRYDOCK_LET(Links links, Links::open());
                 DRYDOCK_LET(const int eth0, links.index_of("eth0"));
                 DRYDOCK_LET(const Subnet address, links.address_of(eth0));
                 EXPECT_EQ(to_string(address), "10.77.0.4/16");
                 EXPECT_EQ(links.mtu_of(eth0).value(), 1500);
                 EXPECT_FALSE(links.index_of("eth1"));
                 return {};
               }),
            "");
  EXPECT_EQ(web_.private_dns_name, "");
  EXPECT_EQ(web_.ipv6_address, "");
  EXPECT_EQ(web_.dns_servers, std::vector<std::string>{"10.77.0.2"});
}

TEST_F(Bridge, ContainersReachEachOtherByAddressAndShareNoLocalhost) {
  EXPECT_EQ(ask_between(web_, db_, 5432, db_.address, 5432), "hello " + web_.address);
  UniqueFd server;
  ASSERT_EQ(in(db_,
               [&]() -> Status {
                 server = serve("127.0.0.1", 5432);
                 return {};
               }),
            "");
  EXPECT_EQ(
      in(web_, []() -> Status { return dial("127.0.0.1", 5432).map([](const UniqueFd&) {}); }),
      "connect to 127.0.0.1:5432: Connection refused");
}

TEST_F(Bridge, EachHasItsOwnWayToTheMetadataEndpoint) {
  for (const TaskNetwork* one : {&web_, &db_}) {
    UniqueFd client;
    EXPECT_EQ(in(*one,
                 [&]() -> Status {
                   DRYDOCK_LET(client, dial("169.254.170.2", 80));
                   return {};
                 }),
              "");
    EXPECT_TRUE(has_input(one->metadata_listener));
  }
}

TEST_F(Bridge, DynamicPortsAreTheNextOnesOfTheKernelsRange) {
  const PortRange range =
      dynamic_range(read_file("/proc/sys/net/ipv4/ip_local_port_range").value_or(""));
  auto one = network_->publish(web_.slot, {dynamic(80)});
  auto two = network_->publish(db_.slot, {dynamic(80)});
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->front().host_port, range.first);
  EXPECT_EQ(two->front().host_port, range.first + 1);
  EXPECT_EQ(ask_task(web_, 80, "127.0.0.1", one->front().host_port), "hello 10.77.0.1");
  EXPECT_EQ(ask_task(db_, 80, "127.0.0.1", two->front().host_port), "hello 10.77.0.1");
}

TEST_F(Bridge, ARangeOfPortsIsABlockThatIsFreeAsAWhole) {
  const PortRange range =
      dynamic_range(read_file("/proc/sys/net/ipv4/ip_local_port_range").value_or(""));
  const UniqueFd taken = serve("127.0.0.1", range.first + 2);
  auto block = network_->publish(web_.slot, {dynamic(7000, 4)});
  ASSERT_EQ(text(block), "");
  ASSERT_EQ(block->size(), 4u);
  EXPECT_EQ((*block)[0].host_port, range.first + 3);
  EXPECT_EQ((*block)[3], (Published{"127.0.0.1", range.first + 6, 7003, "tcp"}));
  EXPECT_EQ(ask_task(web_, 7003, "127.0.0.1", range.first + 6), "hello 10.77.0.1");
}

TEST_F(Bridge, TasksReachAPublishedPortAtTheInstanceEvenTheirOwn) {
  if (exists(kBridgeNf)) sysctl("net/bridge/bridge-nf-call-iptables", "0");
  PublishWanted fixed{80, 9080};
  fixed.instance = true;
  ASSERT_EQ(text(network_->publish(web_.slot, {fixed})), "");
  const std::string instance = network_->gateway();
  EXPECT_EQ(ask_between(db_, web_, 80, instance, 9080), "hello " + instance);
  EXPECT_EQ(ask_between(web_, web_, 80, instance, 9080), "hello " + instance);
  EXPECT_FALSE(serve(instance, 9080)) << "held there too";
  EXPECT_EQ(outside([]() -> Status { return dial(kUplink, 9080).map([](const UniqueFd&) {}); }),
            "connect to 198.51.100.1:9080: Connection refused");
}

TEST_F(Bridge, WhereBridgesAskIptablesTheyAreRefusedThereAtOnce) {
  if (!exists(kBridgeNf)) GTEST_SKIP() << "no br_netfilter";
  sysctl("net/bridge/bridge-nf-call-iptables", "1");
  PublishWanted fixed{80, 9080};
  fixed.instance = true;
  ASSERT_EQ(text(network_->publish(web_.slot, {fixed})), "");
  EXPECT_EQ(ask_task(web_, 80, "127.0.0.1", 9080), "hello 10.77.0.1");
  EXPECT_EQ(
      in(db_, [&]() -> Status { return dial("10.77.0.1", 9080).map([](const UniqueFd&) {}); }),
      "connect to 10.77.0.1:9080: Connection refused");
}

TEST_F(Bridge, SecurityGroupsDoNotConcernIt) {
  network_.reset();
  NetworkConfig guarded = config("0badcaff");
  guarded.subnet = "10.78.0.0/24";
  guarded.security.groups = {{"default", {}, {}}};
  auto network = open(guarded, {});
  auto vpc = network->acquire();
  auto one = network->acquire(place());
  auto two = network->acquire(place());
  ASSERT_TRUE(vpc && one && two);
  EXPECT_EQ(ask_between(*one, *two, 80, two->address, 80), "hello " + one->address);
  EXPECT_EQ(text(network->close(CloseMode::kRemoveEverything)), "");
}

TEST_F(Bridge, ANewDaemonFindsNamespacesAndPortsAsTheyWere) {
  if (exists(kBridgeNf)) sysctl("net/bridge/bridge-nf-call-iptables", "0");
  auto published = network_->publish(web_.slot, {dynamic(80)});
  ASSERT_EQ(text(published), "");
  const int port = published->front().host_port;
  web_.metadata_listener.reset();
  db_.metadata_listener.reset();
  network_.reset();  // as if killed
  network_ =
      open({{web_.slot, web_.address, *published, place()}, {db_.slot, db_.address, {}, place()}});
  auto again = network_->reopen(web_.slot);
  ASSERT_EQ(text(again), "");
  EXPECT_EQ(again->private_dns_name, "");
  EXPECT_EQ(ask_task(web_, 80, "127.0.0.1", port), "hello 10.77.0.1");
  EXPECT_EQ(ask_between(db_, web_, 80, network_->gateway(), port), "hello 10.77.0.1");
  EXPECT_FALSE(serve("127.0.0.1", port));
  again->metadata_listener.reset();
  EXPECT_EQ(text(network_->release(web_.slot)), "");
  EXPECT_TRUE(serve("127.0.0.1", port));
}

TEST_F(Bridge, AHostDoorForAGroupThatIsNotThereLeavesNothing) {
  const std::string before = run_program("nft", {"-s", "list", "ruleset"}, "")->out;
  auto door = network_->open_host_door({"drydock-nobody/ecs", 2});
  ASSERT_FALSE(door);
  EXPECT_EQ(door.error().code, Errc::kUnsupported);
  EXPECT_EQ(run_program("nft", {"-s", "list", "ruleset"}, "")->out, before);
  auto links = Links::open();
  const auto routes = links->routes();
  ASSERT_TRUE(routes);
  for (const HostRoute& route : *routes) EXPECT_NE(to_string(route.to), "169.254.170.2/32");
}

}  // namespace
}  // namespace drydock::netns::test
