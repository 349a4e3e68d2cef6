#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <nlohmann/json.hpp>

#include "fake_daemon.h"

// The verbs against a daemon that a test answers for.
namespace drydock::cli::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kEvents = std::string("GET tasks/") + kId + "/events?foreground=1";
const std::string kLogs = std::string("GET tasks/") + kId + "/logs?follow=1";
const std::string kStop = std::string("POST tasks/") + kId + "/stop";

void answer_run(FakeDaemon& daemon) {
  daemon.routes["POST run"] = [](const http::Request&) {
    return answer({{"tasks", Json::array({task("PROVISIONING")})},
                   {"failures", Json::array()},
                   {"approximations", Json::array({"pidMode: runs differently"})}});
  };
}

TEST(RunVerb, ShowsTheTaskItsAddressesItsLogsAndHowItEnded) {
  FakeDaemon daemon;
  answer_run(daemon);
  const Json pending = task(
      "PENDING",
      {{"local",
        {{"networks", Json::array({Json{{"mode", "awsvpc"},
                                        {"address", "172.31.0.9"},
                                        {"containers", Json::array({"web"})}}})},
         {"containers", Json::array({{{"name", "web"},
                                      {"mappedPorts",
                                       Json::array({{{"containerPort", 80}, {"protocol", "tcp"}}})},
                                      {"ports", Json::array({{{"hostAddress", "127.0.0.1"},
                                                              {"hostPort", 8080},
                                                              {"containerPort", 80},
                                                              {"protocol", "tcp"}}})}}})}}}});
  daemon.routes[kEvents] = [&](const http::Request&) {
    return stream_of(event(task("PROVISIONING")) + event(pending) + event(exited(7)));
  };
  daemon.routes[kLogs] = [](const http::Request&) {
    return stream_of(frame("one") + frame("two"));
  };
  daemon.routes[std::string("DELETE tasks/") + kId] = [](const http::Request&) {
    return answer(Json::object());
  };
  RunOptions o = run_options(daemon);
  o.remove = true;
  const auto r = run_verb(daemon, o);
  EXPECT_EQ(r.exit_code, 7);
  EXPECT_EQ(r.out, "web | one\nweb | two\n");
  EXPECT_EQ(r.err, std::string("task ") + kId +
                       " of web:1\npidMode: runs differently\nweb  http://172.31.0.9:80  also "
                       "http://127.0.0.1:8080\n"
                       "web exited with 7\n");
  EXPECT_EQ(daemon.requests().back(), std::string("DELETE tasks/") + kId);
}

TEST(RunVerb, DetachedPrintsTheIdAlone) {
  FakeDaemon daemon;
  answer_run(daemon);
  RunOptions o = run_options(daemon);
  o.detach = true;
  const auto r = run_verb(daemon, o);
  EXPECT_EQ(r.exit_code, 0);
  EXPECT_EQ(r.out, std::string(kId) + "\n");
}

TEST(RunVerb, ARefusalIs125AndItsMessage) {
  FakeDaemon daemon;
  daemon.routes["POST run"] = [](const http::Request&) {
    return answer({{"__type", "ClientException"}, {"message", "No Fargate configuration exists"}},
                  400);
  };
  const auto r = run_verb(daemon, run_options(daemon));
  EXPECT_EQ(r.exit_code, 125);
  EXPECT_EQ(r.err, "drydock: ClientException: No Fargate configuration exists\n");
  EXPECT_EQ(r.out, "");
}

TEST(RunVerb, FailuresAre125) {
  FakeDaemon daemon;
  daemon.routes["POST run"] = [](const http::Request&) {
    return answer(
        {{"tasks", Json::array()},
         {"failures", Json::array({{{"reason", "RESOURCE:ENI"}, {"detail", "no free address"}}})}});
  };
  const auto r = run_verb(daemon, run_options(daemon));
  EXPECT_EQ(r.exit_code, 125);
  EXPECT_THAT(r.err, HasSubstr("RESOURCE:ENI: no free address"));
}

// A task that runs until it is asked to stop.
class RunningTask {
 public:
  explicit RunningTask(FakeDaemon& daemon) : daemon_(daemon) {
    answer_run(daemon);
    daemon.routes[kEvents] = [this](const http::Request&) {
      return held(&RunningTask::events_, event(task("RUNNING")), on_running);
    };
    daemon.routes[kLogs] = [this](const http::Request&) {
      return held(&RunningTask::logs_, frame("up"), nullptr);
    };
    daemon.routes[kStop] = [this](const http::Request& request) {
      const bool now = json_bool(parse_json(request.body).value_or(Json()), "now");
      if (!now && stubborn) {
        if (on_first_stop) on_first_stop();
      } else {
        end(now ? 137 : 0);
      }
      return answer({{"task", task("RUNNING")}});
    };
  }

  ~RunningTask() { daemon_.close(); }  // its threads call into this
  RunningTask(const RunningTask&) = delete;
  RunningTask& operator=(const RunningTask&) = delete;

  bool stubborn = false;
  std::function<void()> on_running, on_first_stop;

 private:
  using Writer = std::shared_ptr<http::StreamWriter>;

  // A stream that begins with `text` and stays open until the task has ended.
  http::Response held(Writer RunningTask::*member, std::string text,
                      const std::function<void()>& then) {
    http::Response r;
    r.stream = [this, member, text = std::move(text), then](Writer writer) {
      writer->write(text);
      {
        std::lock_guard lock(mutex_);
        this->*member = std::move(writer);
        close_if_ended();
      }
      if (then) then();
    };
    return r;
  }
  void end(int code) {
    std::lock_guard lock(mutex_);
    code_ = code;
    close_if_ended();
  }
  void close_if_ended() {
    if (!code_) return;
    if (const Writer logs = std::exchange(logs_, nullptr)) logs->close();
    if (const Writer events = std::exchange(events_, nullptr)) {
      events->write(event(exited(*code_)));
      events->close();
    }
  }

  FakeDaemon& daemon_;
  std::mutex mutex_;
  Writer events_, logs_;
  std::optional<int> code_;
};

TEST(RunVerb, AnInterruptStopsAndTheExitCodeIs130) {
  FakeDaemon daemon;
  RunningTask running(daemon);
  running.on_running = [] { ::kill(::getpid(), SIGINT); };
  const auto r = run_verb(daemon, run_options(daemon));
  EXPECT_EQ(r.exit_code, 130);
  EXPECT_THAT(daemon.requests(),
              ::testing::Contains(kStop + R"( {"reason":"Interrupted","now":false})"));
  EXPECT_THAT(r.err, HasSubstr("web exited with 0"));
}

TEST(RunVerb, ASecondInterruptKills) {
  FakeDaemon daemon;
  RunningTask running(daemon);
  running.stubborn = true;
  running.on_running = [] { ::kill(::getpid(), SIGTERM); };
  running.on_first_stop = [] { ::kill(::getpid(), SIGINT); };
  const auto r = run_verb(daemon, run_options(daemon));
  EXPECT_EQ(r.exit_code, 130);
  EXPECT_THAT(daemon.requests(),
              ::testing::Contains(kStop + R"( {"reason":"Interrupted","now":true})"));
}

TEST(RunVerb, ATimeLimitStopsAndTheExitCodeIs124) {
  FakeDaemon daemon;
  RunningTask running(daemon);
  RunOptions o = run_options(daemon);
  o.timeout = Duration{0};
  const auto r = run_verb(daemon, o);
  EXPECT_EQ(r.exit_code, 124);
  EXPECT_THAT(r.err, HasSubstr("the time is up"));
}

TEST(RunVerb, ADaemonThatGoesAwayIs125AndSaid) {
  FakeDaemon daemon;
  answer_run(daemon);
  daemon.routes[kEvents] = [](const http::Request&) { return stream_of(event(task("RUNNING"))); };
  daemon.routes[kLogs] = [](const http::Request&) { return stream_of(frame("up")); };
  const auto r = run_verb(daemon, run_options(daemon));
  EXPECT_EQ(r.exit_code, 125);
  EXPECT_THAT(r.err, HasSubstr("no longer tells about task"));
  EXPECT_THAT(r.err, HasSubstr("drydock logs -f 0123456789ab"));
}

TEST(RunVerb, AMissingFileIs125AndNamed) {
  FakeDaemon daemon;
  RunOptions o;
  o.file = daemon.folder() + "/absent.json";
  const auto r = run_verb(daemon, o);
  EXPECT_EQ(r.exit_code, 125);
  EXPECT_THAT(r.err, HasSubstr("absent.json: No such file"));
  EXPECT_TRUE(daemon.requests().empty());
}

TEST(WaitVerb, GivesTheTasksExitCode) {
  FakeDaemon daemon;
  daemon.routes["GET tasks?all=1"] = [](const http::Request&) {
    return answer({{"tasks", Json::array({task("RUNNING")})}});
  };
  daemon.routes[std::string("GET tasks/") + kId + "/events"] = [](const http::Request&) {
    return stream_of(event(task("RUNNING")) + event(exited(3)));
  };
  WaitOptions o;
  o.task = "web";
  EXPECT_EQ(run_verb(daemon, o).exit_code, 3);
  o.state = "running";
  EXPECT_EQ(run_verb(daemon, o).exit_code, 0);
  o.state = "healthy";
  const auto never = run_verb(daemon, o);
  EXPECT_EQ(never.exit_code, 125);
  EXPECT_THAT(never.err, HasSubstr("stopped before it was healthy"));
}

TEST(StopVerb, AsksAndWaitsAndPrintsTheId) {
  FakeDaemon daemon;
  daemon.routes["GET tasks?all=1"] = [](const http::Request&) {
    return answer({{"tasks", Json::array({task("RUNNING")})}});
  };
  daemon.routes[std::string("GET tasks/") + kId + "/events"] = [](const http::Request&) {
    return stream_of(event(exited(0)));
  };
  daemon.routes[kStop] = [](const http::Request&) { return answer(Json::object()); };
  StopOptions o;
  o.tasks = {"0123"};
  o.reason = "new build";
  const auto r = run_verb(daemon, o);
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_EQ(r.out, std::string(kId) + "\n");
  EXPECT_THAT(daemon.requests(),
              ::testing::Contains(kStop + R"( {"now":false,"reason":"new build"})"));
}

TEST(RmVerb, ATaskThatRunsIsNotForgotten) {
  FakeDaemon daemon;
  daemon.routes["GET tasks?all=1"] = [](const http::Request&) {
    return answer({{"tasks", Json::array({task("RUNNING")})}});
  };
  RmOptions o;
  o.tasks = {"web"};
  const auto r = run_verb(daemon, o);
  EXPECT_EQ(r.exit_code, 1);
  EXPECT_THAT(r.err, HasSubstr("stop it first: drydock stop 0123456789ab"));
}

TEST(StopAndRm, DoWhatTheyCanAndSayWhatTheyCannot) {
  FakeDaemon daemon;
  daemon.routes["GET tasks?all=1"] = [](const http::Request&) {
    return answer({{"tasks", Json::array({exited(0)})}});
  };
  daemon.routes[std::string("DELETE tasks/") + kId] = [](const http::Request&) {
    return answer(Json::object());
  };
  StopOptions stop;
  stop.tasks = {"nope", kId};
  RmOptions rm;
  rm.tasks = stop.tasks;
  for (const auto& r : {run_verb(daemon, stop), run_verb(daemon, rm)}) {
    EXPECT_EQ(r.exit_code, 1);
    EXPECT_EQ(r.out, std::string(kId) + "\n");
    EXPECT_THAT(r.err, HasSubstr("no task is called \"nope\""));
  }
}

TEST(DoctorVerb, LooksAtWhatTheDaemonThatAnswersUses) {
  FakeDaemon daemon;
  daemon.routes["GET status"] = [&](const http::Request&) {
    return answer({{"instance", "0badcafe"}, {"root", daemon.folder()}, {"tcpAddress", ""}});
  };
  const auto r = run_verb(daemon, DoctorOptions{});
  EXPECT_THAT(r.out, HasSubstr("the daemon serves its unix socket only"));
  EXPECT_THAT(r.out, HasSubstr(" free for " + daemon.folder()));
}

TEST(LogsVerb, AsksForWhatWasWanted) {
  FakeDaemon daemon;
  daemon.routes["GET tasks?all=1"] = [](const http::Request&) {
    return answer({{"tasks", Json::array({task("RUNNING")})}});
  };
  daemon.routes[std::string("GET tasks/") + kId + "/logs?container=web&since=10m&tail=5&stderr=1"] =
      [](const http::Request&) { return stream_of(frame("line")); };
  LogsOptions o;
  o.task = "web";
  o.containers = {"web"};
  o.since = "10m";
  o.tail = 5;
  o.only_stderr = true;
  o.no_prefix = true;
  const auto r = run_verb(daemon, o);
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_EQ(r.out, "line\n");
}

TEST(RegisterVerb, ABrokenFileRegistersNothing) {
  FakeDaemon daemon;
  daemon.routes["POST /"] = [](const http::Request& r) {
    EXPECT_EQ(http::header(r.headers, "x-amz-target"),
              "AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition");
    return answer(
        {{"taskDefinition", {{"taskDefinitionArn", "arn:aws:ecs:r:a:task-definition/web:4"}}}});
  };
  const std::string good = run_options(daemon).file, bad = daemon.folder() + "/bad.json";
  ASSERT_TRUE(write_file_atomic(bad, "{\n  oops\n}"));
  const auto refused = run_verb(daemon, RegisterOptions{{good, bad}, {}});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("bad.json: line 2, column"));
  EXPECT_TRUE(daemon.requests().empty());
  EXPECT_EQ(run_verb(daemon, RegisterOptions{{good}, {}}).out, "web:4\n");
}

TEST(ValidateVerb, NeedsNoDaemonAndExitsWithOneOnAnError) {
  FakeDaemon daemon;
  const std::string file = daemon.folder() + "/v.json";
  ASSERT_TRUE(write_file_atomic(
      file,
      R"({"family":"web","containerDefinitions":[{"name":"web","image":"x","memory":128}]})"));
  EXPECT_EQ(run_verb(daemon, ValidateOptions{{file}, false, false, {}}).exit_code, 0);
  const auto fargate = run_verb(daemon, ValidateOptions{{file}, true, false, {}});
  EXPECT_EQ(fargate.exit_code, 1);
  EXPECT_THAT(fargate.out, HasSubstr("Exception: "));
  Common json;
  json.json = true;
  const auto parsed = parse_json(
      run_verb(daemon, ValidateOptions{{file, "/nonexistent.json"}, false, false, {}}, json).out);
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->size(), 2u);
  EXPECT_TRUE(json_bool((*parsed)[0], "valid"));
  EXPECT_FALSE(json_bool((*parsed)[1], "valid", true));
  EXPECT_TRUE(daemon.requests().empty());
}

TEST(DaemonVerb, StatusIsATableOrJson) {
  FakeDaemon daemon;
  daemon.routes["GET status"] = [](const http::Request&) {
    return answer({{"version", "9"}, {"pid", 5}, {"counts", {{"tasks", 2}}}});
  };
  EXPECT_THAT(run_verb(daemon, DaemonStatusOptions{}).out,
              ::testing::AllOf(HasSubstr("version   9\n"), HasSubstr("tasks     2\n")));
  Common json;
  json.json = true;
  EXPECT_TRUE(parse_json(run_verb(daemon, DaemonStatusOptions{}, json).out));
}

TEST(Session, NobodyBehindAHostIsSaid) {
  FakeDaemon daemon;
  const UniqueFd out(::memfd_create("out", MFD_CLOEXEC)), err(::memfd_create("err", MFD_CLOEXEC));
  Common common;
  common.host = "unix://" + daemon.folder() + "/nobody.sock";
  Session session(common, out.get(), err.get());
  EXPECT_EQ(execute(session, PsOptions{}), 1);
  EXPECT_THAT(content(err.get()),
              HasSubstr("no daemon answers at " + daemon.folder() + "/nobody.sock"));
}

}  // namespace
}  // namespace drydock::cli::test
