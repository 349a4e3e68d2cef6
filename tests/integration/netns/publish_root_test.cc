#include <thread>

#include "base/files.h"
#include "fixture.h"
#include "netns/nft.h"

namespace drydock::netns::test {
namespace {

class Publishing : public NetworkRoot {
 protected:
  void SetUp() override {
    NetworkRoot::SetUp();
    if (IsSkipped()) return;
    network_ = open();
    auto task = network_->acquire();
    ASSERT_EQ(text(task), "");
    task_ = std::move(*task);
  }
  std::unique_ptr<Network> network_;
  TaskNetwork task_;
};

TEST_F(Publishing, APortBelow1024IsReachedAt8000MoreAndTheNextTaskGetsTheNextOne) {
  auto second = network_->acquire();
  ASSERT_EQ(text(second), "");
  auto one = network_->publish(task_.slot, {{.container_port = 80}});
  auto two = network_->publish(second->slot, {{.container_port = 80}});
  ASSERT_TRUE(one && two);
  EXPECT_EQ(*one, (std::vector<Published>{{"127.0.0.1", 8080, 80, "tcp"}}));
  EXPECT_EQ(two->front().host_port, 8081);
  EXPECT_EQ(ask_task(task_, 80, "127.0.0.1", 8080), "hello 10.77.0.1");
  EXPECT_EQ(ask_task(*second, 80, "127.0.0.1", 8081), "hello 10.77.0.1");
}

TEST_F(Publishing, APublishedPortCanNotBeTakenByAnotherProgram) {
  ASSERT_TRUE(network_->publish(task_.slot, {{.container_port = 8080}}));
  for (const char* address : {"127.0.0.1", "0.0.0.0"})
    EXPECT_FALSE(serve(address, 8080)) << address;
  EXPECT_EQ(text(network_->release(task_.slot)), "");
  EXPECT_TRUE(serve("127.0.0.1", 8080));
}

TEST_F(Publishing, AnExplicitPortThatIsTakenIsAnErrorThatNamesWhoHasItAndPublishesNothing) {
  const UniqueFd server = serve("127.0.0.1", 9000);
  auto published = network_->publish(
      task_.slot, {{.container_port = 80}, {.container_port = 81, .host_port = 9000}});
  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().code, Errc::kBusy);
  EXPECT_EQ(published.error().message,
            "host port 9000/tcp on 127.0.0.1 is taken by pid " + std::to_string(::getpid()) +
                " (netns_root_test); choose another, or 0 for any free one");
  EXPECT_TRUE(serve("127.0.0.1", 8080)) << "the first of the two is still held";
  EXPECT_EQ(run_program("nft", {"list", "map", "inet", "drydock_0badcafe", "ports"}, "")
                ->out.find("8080"),
            std::string::npos);
}

TEST_F(Publishing, BadWishesAreRefused) {
  EXPECT_EQ(network_->publish(999, {{.container_port = 80}}).error().code, Errc::kNotFound);
  EXPECT_EQ(network_->publish(task_.slot, {{.container_port = 0}}).error().code, Errc::kInvalid);
  EXPECT_EQ(
      network_->publish(task_.slot, {{.container_port = 80, .host_port = 70000}}).error().code,
      Errc::kInvalid);
  EXPECT_EQ(
      network_->publish(task_.slot, {{.container_port = 80, .protocol = "sctp"}}).error().code,
      Errc::kInvalid);
  EXPECT_EQ(network_->publish(task_.slot, {{.container_port = 80, .host_address = "192.0.2.200"}})
                .error()
                .message,
            "publish container port 80/tcp: 192.0.2.200 is no address of this host; use 127.0.0.1 "
            "or 0.0.0.0");
}

TEST_F(Publishing, UdpWorks) {
  auto published = network_->publish(task_.slot, {{.container_port = 5300, .protocol = "udp"}});
  ASSERT_EQ(text(published), "");
  EXPECT_EQ(ask_task(task_, 5300, "127.0.0.1", 5300, SOCK_DGRAM), "hello 10.77.0.1");
}

TEST_F(Publishing, ANewTaskGetsTheDatagramsOfAnOldFlow) {
  auto second = network_->acquire();
  ASSERT_EQ(text(second), "");
  const PublishWanted port{.container_port = 5300, .protocol = "udp"};
  ASSERT_EQ(text(network_->publish(task_.slot, {port})), "");
  auto client = dial("127.0.0.1", 5300, SOCK_DGRAM);
  ASSERT_EQ(text(client), "");
  for (const TaskNetwork* task : {&task_, &*second}) {
    UniqueFd server;
    ASSERT_EQ(in(*task,
                 [&]() -> Status {
                   server = serve("0.0.0.0", 5300, SOCK_DGRAM);
                   return {};
                 }),
              "");
    ASSERT_EQ(text(write_all(client->get(), "?")), "");
    EXPECT_EQ(text(answer_one(server, SOCK_DGRAM)), "");
    if (task != &task_) break;
    ASSERT_EQ(text(network_->release(task_.slot)), "");
    ASSERT_EQ(text(network_->publish(second->slot, {port})), "");
  }
}

TEST_F(Publishing, OnlyPortsOnOtherAddressesAreReachedFromOutside) {
  auto published = network_->publish(task_.slot, {{.container_port = 80},
                                                  {.container_port = 81, .host_address = "0.0.0.0"},
                                                  {.container_port = 82, .host_address = kUplink}});
  ASSERT_EQ(text(published), "");
  EXPECT_EQ((*published)[1], (Published{"0.0.0.0", 8081, 81, "tcp"}));
  for (const int port : {81, 82})
    EXPECT_EQ(outside([&]() -> Status {
                const auto said = ask_task(task_, port, kUplink, 8000 + port);
                return said == std::string("hello ") + kOutside ? Status()
                                                                : fail(Errc::kInvalid, said);
              }),
              "");
  EXPECT_EQ(ask_task(task_, 81, "127.0.0.1", 8081), "hello 10.77.0.1");
  EXPECT_EQ(outside([]() -> Status {
              DRYDOCK_TRY(dial(kUplink, 8080));
              return {};
            }),
            "connect to 198.51.100.1:8080: Connection refused");
}

TEST_F(Publishing, AFlushedRulesetIsWrittenAgain) {
  ASSERT_TRUE(network_->publish(task_.slot, {{.container_port = 80}}));
  ASSERT_EQ(text(nft("flush ruleset\n")), "");
  ASSERT_EQ(text(network_->publish(task_.slot, {{.container_port = 81}})), "");
  EXPECT_EQ(ask_task(task_, 80, "127.0.0.1", 8080), "hello 10.77.0.1");
  EXPECT_EQ(ask_task(task_, 81, "127.0.0.1", 8081), "hello 10.77.0.1");
  ASSERT_EQ(text(nft("flush ruleset\n")), "");
  EXPECT_EQ(text(network_->release(task_.slot)), "");
}

TEST_F(Publishing, ReleaseForgetsTheConnectionsOfTheAddress) {
  ASSERT_TRUE(network_->publish(task_.slot, {{.container_port = 80}}));
  ASSERT_EQ(ask_task(task_, 80, "127.0.0.1", 8080), "hello 10.77.0.1");
  const auto tracked = [] {
    auto text = read_file("/proc/thread-self/net/nf_conntrack").value_or("");
    return text.find("10.77.0.4") != std::string::npos;
  };
  EXPECT_TRUE(tracked());
  EXPECT_EQ(text(network_->release(task_.slot)), "");
  EXPECT_EQ(text(network_->wait_until_stocked()), "");
  EXPECT_FALSE(tracked());
}

TEST_F(Publishing, ANewDaemonKeepsPublishedPortsAndTellsWhichItLost) {
  auto published = network_->publish(task_.slot, {{.container_port = 80}, {.container_port = 81}});
  ASSERT_EQ(text(published), "");
  task_.metadata_listener.reset();
  network_.reset();  // as if killed
  EXPECT_EQ(ask_task(task_, 80, "127.0.0.1", 8080), "hello 10.77.0.1");
  const UniqueFd thief = serve("127.0.0.1", 8081);
  network_ = open({{task_.slot, task_.address, *published}});
  EXPECT_EQ(ask_task(task_, 80, "127.0.0.1", 8080), "hello 10.77.0.1");
  EXPECT_FALSE(serve("127.0.0.1", 8080));
  EXPECT_EQ(network_->report().lost_ports, std::vector<Published>{(*published)[1]});
  std::thread robbed([&] { EXPECT_EQ(text(answer_one(thief)), ""); });
  EXPECT_EQ(text(ask("127.0.0.1", 8081)), "");
  robbed.join();
  EXPECT_EQ(text(network_->release(task_.slot)), "");
}

}  // namespace
}  // namespace drydock::netns::test
