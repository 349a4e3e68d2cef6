#include <atomic>
#include <condition_variable>
#include <fstream>
#include <sstream>

#include "logrouter/journal.h"
#include "tests/unit/api/api_fixture.h"

namespace drydock::api {
namespace {

using runtime::TaskStatus;

// Keeps what is streamed; the test waits for what it expects.
class Sink : public http::StreamWriter {
 public:
  bool write(std::string_view bytes) override {
    std::lock_guard lock(mutex);
    text += bytes;
    wake.notify_all();
    return !gone;
  }
  std::size_t pending() const override { return 0; }
  void on_writable(std::function<void()> fn) override { fn(); }
  void on_gone(std::function<void()> fn) override {
    std::lock_guard lock(mutex);
    gone_fn = std::move(fn);
  }
  void close() override {
    std::lock_guard lock(mutex);
    closed = true;
    gone_fn = nullptr;
    wake.notify_all();
  }
  template <class F>
  bool wait(F until) {
    std::unique_lock lock(mutex);
    return wake.wait_for(lock, std::chrono::seconds(20), until);
  }
  bool wait_closed() {
    return wait([this] { return closed; });
  }
  bool wait_lines(std::ptrdiff_t n) {
    return wait([&] { return std::count(text.begin(), text.end(), '\n') >= n; });
  }
  void leave() {
    std::function<void()> fn;
    {
      std::lock_guard lock(mutex);
      gone = true;
      fn = std::move(gone_fn);
    }
    if (fn) fn();
  }
  std::string text;
  bool closed = false;

 private:
  std::mutex mutex;
  std::condition_variable wake;
  std::function<void()> gone_fn;
  bool gone = false;
};

class LocalRoutes : public testing::ApiTest {
 protected:
  std::shared_ptr<Sink> stream(const std::string& path) {
    http::Request r;
    r.method = "GET";
    r.path = "/_drydock/v1/" + path.substr(0, path.find('?'));
    if (const auto q = path.find('?'); q != std::string::npos) r.query = path.substr(q + 1);
    const auto response = plane->handler(r);
    EXPECT_EQ(response.status, 200) << response.body;
    auto sink = std::make_shared<Sink>();
    if (response.stream) response.stream(sink);
    return sink;
  }
  std::string run_local(const Json& more = Json::object()) {
    Json input = {{"taskDefinition", fargate("web")}};
    input.update(more);
    const auto r = local("POST", "run", input);
    EXPECT_EQ(r.status, 200) << r.body.dump();
    return r.status == 200 ? r.body["tasks"][0]["local"]["id"].get<std::string>() : "";
  }
  logrouter::JournalWriter journal(const std::string& id, const std::string& container) {
    auto opened = logrouter::JournalWriter::open(folder + "/logs/" + id + "/" + container, {});
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }
};

TEST_F(LocalRoutes, RunMakesTheClusterAndReusesTheRevision) {
  auto r = local("POST", "run", {{"taskDefinition", fargate("web")}});
  ASSERT_EQ(r.status, 200) << r.body.dump();
  EXPECT_EQ(r.body["registered"], true);
  EXPECT_EQ(r.body["cluster"], "default");
  EXPECT_TRUE(r.body["approximations"].is_array());
  r = local("POST", "run",
            {{"taskDefinition", {{"taskDefinition", fargate("web")}}}, {"cluster", "other"}});
  EXPECT_EQ(r.body["registered"], false);
  EXPECT_EQ(r.body["taskDefinitionArn"],
            "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1");
  Json changed = fargate("web");
  changed["containerDefinitions"][0]["image"] = "web:2";
  r = local("POST", "run", {{"taskDefinition", changed}});
  EXPECT_EQ(r.body["taskDefinitionArn"],
            "arn:aws:ecs:us-east-1:123456789012:task-definition/web:2");
  r = local("POST", "run", {{"taskDefinition", "web:1"}, {"count", 2}});
  EXPECT_EQ(r.body["tasks"].size(), 2u);
  EXPECT_EQ(call("ListClusters", Json::object()).body["clusterArns"].size(), 2u);
}

TEST_F(LocalRoutes, RunPassesItsPrivateWishesToTheTask) {
  const std::string id =
      run_local({{"images", {{"web", "mine:1"}}},
                 {"publish", Json::array({{{"hostPort", 8080}, {"containerPort", 80}}})},
                 {"publishAutomatically", false},
                 {"pull", "never"},
                 {"overrides",
                  {{"containerOverrides", Json::array({{{"name", "web"}, {"command", {"x"}}}})}}}});
  const auto spec = plane->engine.world().get()->tasks.at(id)->spec;
  EXPECT_EQ(spec->images.at("web"), "mine:1");
  ASSERT_EQ(spec->publish.size(), 1u);
  EXPECT_EQ(spec->publish[0].host_port, 8080);
  EXPECT_FALSE(spec->publish_automatically);
  EXPECT_EQ(spec->pull, "never");
  EXPECT_EQ(local("GET", "tasks/" + id).body["task"]["containers"][0]["image"], "mine:1");
  restart();
  const auto again = plane->engine.world().get()->tasks.at(id)->spec;
  EXPECT_EQ(again->images, spec->images);
  EXPECT_EQ(again->publish, spec->publish);
  EXPECT_FALSE(again->publish_automatically);
}

TEST_F(LocalRoutes, RunRefusesClearly) {
  EXPECT_EQ(local("POST", "run", Json::object()).message(), "TaskDefinition can not be blank.");
  EXPECT_EQ(local("POST", "run", {{"taskDefinition", 5}}).status, 400);
  EXPECT_EQ(local("POST", "run", {{"taskDefinition", "nope"}}).message(),
            "There is no task definition 'nope': register it, or give a file.");
  EXPECT_EQ(local("POST", "run", {{"taskDefinition", fargate("web")}, {"pull", "often"}}).status,
            400);
  EXPECT_EQ(
      local("POST", "run", {{"taskDefinition", fargate("web")}, {"images", {{"x", "y"}}}}).status,
      400);
  EXPECT_EQ(local("POST", "run",
                  {{"taskDefinition", fargate("web")},
                   {"publish", Json::array({{{"containerPort", 70000}}})}})
                .status,
            400);
  Json bad = fargate("web");
  bad["containerDefinitions"][0].erase("image");
  EXPECT_NE(
      local("POST", "run", {{"taskDefinition", bad}}).message().find("containerDefinitions[0]"),
      std::string::npos);
}

TEST_F(LocalRoutes, TasksAreListedShownStoppedAndForgotten) {
  const std::string id = run_local();
  EXPECT_EQ(local("GET", "tasks").body["tasks"].size(), 1u);
  const Json t = local("GET", "tasks/" + id).body["task"];
  EXPECT_EQ(t["local"]["cluster"], "default");
  EXPECT_EQ(t["local"]["containers"][0]["essential"], true);
  EXPECT_EQ(t["local"]["containers"][0]["mappedPorts"][0]["containerPort"], 80);
  EXPECT_EQ(local("DELETE", "tasks/" + id).status, 409);
  local("POST", "tasks/" + id + "/stop", {{"now", true}, {"reason", "enough"}});
  EXPECT_EQ(plane->engine.stops, std::vector<std::string>{id + " UserInitiated enough now"});
  become(id, TaskStatus::kStopped);
  EXPECT_TRUE(local("GET", "tasks").body["tasks"].empty());
  EXPECT_EQ(local("GET", "tasks?all=1").body["tasks"].size(), 1u);
  EXPECT_EQ(local("DELETE", "tasks/" + id).status, 200);
  EXPECT_EQ(local("DELETE", "tasks/" + id).status, 404);
  EXPECT_EQ(local("GET", "tasks/" + id).status, 404);
  EXPECT_EQ(local("POST", "tasks/" + id + "/stop").status, 404);
}

TEST_F(LocalRoutes, EventsAreOneLineAChangeUntilTheTaskIsStopped) {
  const std::string id = run_local();
  const auto sink = stream("tasks/" + id + "/events");
  ASSERT_TRUE(sink->wait_lines(1));
  become(id, TaskStatus::kRunning);
  ASSERT_TRUE(sink->wait_lines(2));
  become(id, TaskStatus::kStopped);
  ASSERT_TRUE(sink->wait_closed());
  std::istringstream lines(sink->text);
  std::vector<std::string> states;
  for (std::string line; std::getline(lines, line);)
    states.push_back(Json::parse(line)["task"]["lastStatus"].get<std::string>());
  EXPECT_EQ(states, (std::vector<std::string>{"PROVISIONING", "RUNNING", "STOPPED"}));
  EXPECT_TRUE(plane->engine.stops.empty());
}

TEST_F(LocalRoutes, AForegroundClientThatGoesAwayStopsItsTask) {
  const std::string id = run_local();
  const auto watcher = stream("tasks/" + id + "/events");
  const auto sink = stream("tasks/" + id + "/events?foreground=1");
  ASSERT_TRUE(sink->wait_lines(1));
  ASSERT_TRUE(watcher->wait_lines(1));
  watcher->leave();
  sink->leave();
  ASSERT_TRUE(sink->wait_closed());
  EXPECT_EQ(plane->engine.stops.size(), 1u);
}

TEST_F(LocalRoutes, AClosingDaemonDoesNotStopForegroundTasks) {
  const std::string id = run_local();
  const auto sink = stream("tasks/" + id + "/events?foreground=1");
  ASSERT_TRUE(sink->wait_lines(1));
  plane->context->closing = true;
  sink->leave();
  ASSERT_TRUE(sink->wait_closed());
  EXPECT_TRUE(plane->engine.stops.empty());
}

TEST_F(LocalRoutes, LogsAreFramesOfAnyBytes) {
  const std::string id = run_local();
  auto writer = journal(id, "web");
  const Time at = *parse_rfc3339("2026-03-01T08:15:04Z");
  writer.append(logrouter::Stream::kStdout, at, std::string("a\0b\n", 4));
  writer.append(logrouter::Stream::kStderr, at + std::chrono::seconds(1), "oops\n");
  writer.flush(at);
  auto sink = stream("tasks/" + id + "/logs");
  ASSERT_TRUE(sink->wait_closed());
  EXPECT_EQ(sink->text, "web stdout 2026-03-01T08:15:04.000000000Z 3\na" + std::string(1, '\0') +
                            "b\nweb stderr 2026-03-01T08:15:05.000000000Z 4\noops\n");
  sink = stream("tasks/" + id + "/logs?stderr=1&container=web&tail=1");
  ASSERT_TRUE(sink->wait_closed());
  EXPECT_EQ(sink->text.find("web stderr"), 0u);
  sink = stream("tasks/" + id + "/logs?since=2026-03-01T08:15:05Z&container=log&container=web");
  ASSERT_TRUE(sink->wait_closed());
  EXPECT_EQ(sink->text.find("web stderr"), 0u);
  EXPECT_EQ(local("GET", "tasks/" + id + "/logs?container=nope").status, 404);
  EXPECT_EQ(local("GET", "tasks/" + id + "/logs?tail=x").status, 400);
  EXPECT_EQ(local("GET", "tasks/" + id + "/logs?since=x").status, 400);
  EXPECT_EQ(local("GET", "tasks/nope/logs").status, 404);
}

TEST_F(LocalRoutes, FollowedLogsEndWhenTheTaskIsStoppedAndReadToTheEnd) {
  const std::string id = run_local();
  const auto sink = stream("tasks/" + id + "/logs?follow=1");
  auto writer = journal(id, "web");
  const Time at = now();
  writer.append(logrouter::Stream::kStdout, at, "one\n");
  writer.flush(at);
  ASSERT_TRUE(sink->wait_lines(2));
  EXPECT_FALSE(sink->closed);
  writer.append(logrouter::Stream::kStdout, at, "two\n");
  writer.flush(at);
  become(id, TaskStatus::kStopped);
  ASSERT_TRUE(sink->wait_closed());
  EXPECT_NE(sink->text.find("\ntwo\n"), std::string::npos) << sink->text;
}

TEST_F(LocalRoutes, TheDaemonTellsOfItself) {
  run_local();
  EXPECT_EQ(local("GET", "version").body["version"], "0.1.0");
  const Json s = local("GET", "status").body;
  EXPECT_EQ(s["counts"].dump(),
            R"({"tasks":1,"running":1,"stopped":0,"clusters":1,"taskDefinitions":1})");
  EXPECT_EQ(s["root"], folder);
  EXPECT_EQ(local("GET", "doctor").body["checks"], Json::array());
  EXPECT_EQ(local("POST", "reset").type(), "UnsupportedFeatureException");
  bool stop_tasks = false;
  plane->context->shutdown = [&](bool stop) { stop_tasks = stop; };
  plane->context->reset = [&]() -> Result<int> {
    plane->loop.call([&] {
      plane->control->forget_all();
      return true;
    });
    return 1;
  };
  EXPECT_EQ(local("POST", "shutdown", {{"stopTasks", true}}).status, 200);
  EXPECT_TRUE(stop_tasks);
  EXPECT_EQ(local("POST", "reset").body["stoppedTasks"], 1);
  EXPECT_EQ(local("GET", "status").body["counts"]["clusters"], 0);
  restart();
  EXPECT_EQ(local("GET", "status").body["counts"]["taskDefinitions"], 0);
  EXPECT_EQ(local("GET", "nothing").status, 404);
  EXPECT_EQ(local("POST", "version").status, 404);
}

TEST_F(LocalRoutes, StatisticsComeWithRatesFromTheSecondLineOn) {
  EXPECT_EQ(local("GET", "stats").status, 404);  // nothing to measure with
  plane->context->world = &plane->engine.world();
  std::atomic<std::uint64_t> used = 0;
  plane->context->sample = [&used](const runtime::TaskView&) {
    metadata::TaskSample sample;
    sample.at = now();
    auto& of = sample.containers["web"];
    of.v2 = true;
    of.cpu.total = used += 1'000'000'000;
    of.memory_usage = 1000;
    of.memory = {{"inactive_file", 400}};
    of.memory_limit = 4000;
    of.io_bytes = {{8, 0, "read", 30}, {8, 16, "read", 12}, {8, 0, "write", 7}};
    of.pids = 3;
    sample.interfaces["web"]["eth1"] = {100, 1, 0, 0, 50, 1, 0, 0};
    sample.interfaces["web"]["eth2"] = {1, 1, 0, 0, 2, 1, 0, 0};
    return sample;
  };
  const std::string id = run_local();
  const auto sink = stream("stats?tasks=" + id);
  ASSERT_TRUE(sink->wait_lines(2));
  std::istringstream lines(sink->text);
  std::string line;
  std::getline(lines, line);
  const Json first = *parse_json(line);
  EXPECT_EQ(first["tasks"][0]["task"], id);
  EXPECT_EQ(first["tasks"][0]["taskDefinition"], "web:1");
  EXPECT_EQ(first["tasks"][0]["containers"].dump(),
            R"([{"name":"web","memoryUsage":600,"memoryLimit":4000,"networkReceived":101,)"
            R"("networkSent":52,"blockRead":42,"blockWritten":7,"pids":3}])");
  std::getline(lines, line);
  const Json second = *parse_json(line);
  // A second of one processor in a little more than a second.
  const double percent = second["tasks"][0]["containers"][0]["cpuPercent"].get<double>();
  EXPECT_GT(percent, 0);
  EXPECT_LE(percent, 110);
  // None of the named tasks runs any more: the end.
  plane->loop.call([&] {
    plane->engine.change(
        id, [](runtime::TaskView& v) { v.last_status = runtime::TaskStatus::kStopped; });
    return true;
  });
  EXPECT_TRUE(sink->wait_closed());
  EXPECT_EQ(local("GET", "stats?tasks=none").status, 404);
}

TEST_F(LocalRoutes, AServiceThatChangesIsAChange) {
  ASSERT_EQ(call("CreateCluster", {{"clusterName", "c"}}).status, 200);
  ASSERT_EQ(call("RegisterTaskDefinition", fargate("web")).status, 200);
  const auto sink = stream("events");
  ASSERT_TRUE(sink->wait_lines(1));
  ASSERT_EQ(call("CreateService", {{"cluster", "c"},
                                   {"serviceName", "shop"},
                                   {"taskDefinition", "web"},
                                   {"desiredCount", 0},
                                   {"launchType", "FARGATE"},
                                   {"networkConfiguration", network()}})
                .status,
            200);
  EXPECT_TRUE(sink->wait_lines(2));
  sink->leave();
  EXPECT_TRUE(sink->wait_closed());
}

TEST_F(LocalRoutes, AStrangerIsToldWhichGroupToJoin) {
  plane->context->trust = std::make_shared<Trust>(std::set<uid_t>{}, "no-such-group");
  http::Request r;
  r.method = "GET";
  r.path = "/_drydock/v1/version";
  r.remote_uid = 4242;
  const auto refused = send(r);
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.type(), "AccessDeniedException");
  EXPECT_NE(refused.message().find("no-such-group"), std::string::npos);
  r.remote_uid = 0;
  EXPECT_EQ(send(r).status, 200);
}

}  // namespace
}  // namespace drydock::api
