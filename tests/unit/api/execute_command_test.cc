#include "tests/unit/api/api_fixture.h"

namespace drydock::api {
namespace {

using runtime::ContainerStatus;

class ExecuteCommand : public testing::ApiTest {
 protected:
  void SetUp() override { prepare(); }
  std::string run(bool enabled) {
    Json input = run_input();
    input["enableExecuteCommand"] = enabled;
    return id_of(call("RunTask", input).body["tasks"][0]);
  }
  void become(const std::string& id, ContainerStatus status) {
    plane->loop.call([&] {
      plane->engine.change(id, [&](runtime::TaskView& v) {
        for (auto& c : v.containers) {
          c.known = status;
          c.started_at = Time(std::chrono::seconds(1700000000));
        }
      });
      return true;
    });
  }
  Json agents(const std::string& id) {
    const auto r = call("DescribeTasks", {{"cluster", "c"}, {"tasks", {id}}});
    return r.body["tasks"][0]["containers"][0]["managedAgents"];
  }
  testing::Reply execute(const std::string& id) {
    return call("ExecuteCommand", {{"cluster", "c"},
                                   {"task", id},
                                   {"container", "web"},
                                   {"command", "sh -c 'a b'"},
                                   {"interactive", true}});
  }
};

TEST_F(ExecuteCommand, TheAgentFollowsItsContainer) {
  const std::string id = run(true);
  EXPECT_EQ(agents(id).dump(), R"([{"name":"ExecuteCommandAgent","lastStatus":"PENDING"}])");
  become(id, ContainerStatus::kRunning);
  EXPECT_EQ(
      agents(id).dump(),
      R"([{"lastStartedAt":1700000000.0,"name":"ExecuteCommandAgent","lastStatus":"RUNNING"}])");
  become(id, ContainerStatus::kStopped);
  EXPECT_EQ(agents(id)[0]["lastStatus"], "STOPPED");
  const std::string plain = run(false);
  become(plain, ContainerStatus::kRunning);
  EXPECT_EQ(agents(plain), Json::array());
}

TEST_F(ExecuteCommand, ASessionIsRedeemedOnceAndWithItsTokenOnly) {
  plane->loop.call([&] {
    plane->control->exec.set_endpoint("127.0.0.1:4590");
    return true;
  });
  const std::string id = run(true);
  EXPECT_EQ(execute(id).type(), "InvalidParameterException");
  become(id, ContainerStatus::kRunning);
  const auto redeem = [&](const Json& session, const std::string& token) {
    return plane->loop.call(
        [&] { return plane->control->exec.redeem(json_string(session, "sessionId"), token); });
  };
  const Json session = execute(id).body["session"];
  const auto ticket = redeem(session, json_string(session, "tokenValue"));
  ASSERT_TRUE(ticket);
  EXPECT_EQ(ticket->task_id, id);
  EXPECT_EQ(ticket->container, "web");
  EXPECT_EQ(ticket->command, (std::vector<std::string>{"sh", "-c", "a b"}));
  EXPECT_FALSE(redeem(session, json_string(session, "tokenValue")));
  const Json other = execute(id).body["session"];
  EXPECT_FALSE(redeem(other, json_string(session, "tokenValue")));
  EXPECT_FALSE(redeem(other, json_string(other, "tokenValue")));
}

TEST_F(ExecuteCommand, UnopenedSessionsAreBounded) {
  plane->loop.call([&] {
    plane->control->exec.set_endpoint("127.0.0.1:4590");
    return true;
  });
  const std::string id = run(true);
  become(id, ContainerStatus::kRunning);
  const Json first = execute(id).body["session"];
  Json last;
  for (std::size_t i = 0; i < control::ExecuteCommand::kMostUnopened; ++i)
    last = execute(id).body["session"];
  const auto redeem = [&](const Json& session) {
    return plane->loop.call([&] {
      return plane->control->exec
          .redeem(json_string(session, "sessionId"), json_string(session, "tokenValue"))
          .has_value();
    });
  };
  EXPECT_FALSE(redeem(first));
  EXPECT_TRUE(redeem(last));
}

TEST_F(ExecuteCommand, TheStreamIsWhereTheCallerFoundTheApi) {
  plane->loop.call([&] {
    plane->control->exec.set_endpoint("127.0.0.1:4590");
    return true;
  });
  const std::string id = run(true);
  become(id, ContainerStatus::kRunning);
  const auto url_for = [&](const std::string& host) {
    http::Request r;
    r.method = "POST";
    r.target = r.path = "/";
    r.headers = {{"X-Amz-Target", "AmazonEC2ContainerServiceV20141113.ExecuteCommand"},
                 {"Host", host}};
    r.body = Json{
        {"cluster", "c"},
        {"task", id},
        {"container", "web"},
        {"command", "sh"},
        {"interactive",
         true}}.dump();
    return json_string(send(r).body["session"], "streamUrl");
  };
  EXPECT_EQ(url_for("host.docker.internal:4600").rfind("ws://host.docker.internal:4600/v1/", 0),
            0u);
  EXPECT_EQ(url_for("localhost").rfind("ws://127.0.0.1:4590/v1/", 0), 0u);
}

TEST_F(ExecuteCommand, WithoutAnEndpointThereIsNowhereToConnect) {
  const std::string id = run(true);
  become(id, ContainerStatus::kRunning);
  const auto r = execute(id);
  EXPECT_EQ(r.type(), "TargetNotConnectedException");
  EXPECT_NE(r.message().find("drydock exec"), std::string::npos);
}

}  // namespace
}  // namespace drydock::api
