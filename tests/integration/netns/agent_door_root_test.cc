#include "netns/agent_door.h"

#include <thread>

#include "fixture.h"

namespace drydock::netns::test {
namespace {

TEST_F(NetworkRoot, AnEc2TaskFindsItsAgentOnLocalhostAndAtTheGateway) {
  auto network = open();
  auto task = network->acquire();
  ASSERT_TRUE(task) << task.error().message;
  for (const std::string& address : {std::string("127.0.0.1"), task->gateway}) {
    auto door = listen_for_introspection(task->netns_path, task->gateway);
    ASSERT_EQ(text(door), "");  // again, as after a restart of the daemon
    EXPECT_EQ(text(listen_for_introspection(task->netns_path, task->gateway)),
              "the task itself listens on port 51678");
    std::thread agent([&] { EXPECT_EQ(text(answer_one(*door)), ""); });
    EXPECT_EQ(in(*task,
                 [&]() -> Status {
                   DRYDOCK_LET(const auto said, ask(address, 51678));
                   return said.starts_with("hello ") ? Status() : fail(Errc::kInvalid, said);
                 }),
              "")
        << address;
    agent.join();
  }
  EXPECT_NE(text(listen_for_introspection(run_dir_ + "/nowhere", task->gateway)), "");
}

}  // namespace
}  // namespace drydock::netns::test
