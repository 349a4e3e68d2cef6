#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <future>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/http/door.h"
#include "base/ids.h"
#include "control/events/sinks.h"

namespace drydock::control::events {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

Event event(const std::string& id) {
  Event e;
  e.id = id;
  e.at = now();
  e.detail_type = "ECS Task State Change";
  e.source = "aws.ecs";
  e.cluster = "c";
  e.detail = std::make_shared<const Json>(Json{{"lastStatus", "RUNNING"}});
  return e;
}

std::string id_in(const std::string& line) { return json_string(Json::parse(line), "id"); }

class EventLogTest : public ::testing::Test {
 protected:
  EventLogTest()
      : folder(std::filesystem::temp_directory_path() / ("drydock-events-" + random_hex(6))) {
    std::filesystem::create_directories(folder);
    open();
  }
  ~EventLogTest() override {
    log.reset();
    store.reset();
    std::filesystem::remove_all(folder);
  }
  void open(std::size_t most = 5000) {
    log.reset();
    store.reset();  // commits
    store = std::move(*Store::open(folder / "drydock.db"));
    log = std::make_unique<EventLog>(*store);
    log->limit(most);
    ASSERT_TRUE(log->restore());
  }
  std::vector<std::string> ids(std::uint64_t sequence = 0) {
    std::vector<std::string> all;
    for (const auto& one : log->after(sequence, 1000).events) all.push_back(id_in(one->line));
    return all;
  }
  Follower::Options options() { return {"test", "test", log->last_of_earlier(), milliseconds(1)}; }

  std::filesystem::path folder;
  std::unique_ptr<Store> store;
  std::unique_ptr<EventLog> log;
};

// What a follower was given; the test waits for it.
struct Taken {
  std::mutex mutex;
  std::condition_variable came;
  std::vector<std::string> ids;
  void add(const std::string& id) {
    const std::lock_guard lock(mutex);
    ids.push_back(id);
    came.notify_all();
  }
  std::vector<std::string> wait(std::size_t n) {
    std::unique_lock lock(mutex);
    came.wait_for(lock, std::chrono::seconds(20), [&] { return ids.size() >= n; });
    return ids;
  }
};

TEST_F(EventLogTest, KeepsTheNewestInOrderAcrossARestart) {
  for (const char* id : {"a", "b", "c"}) log->add(event(id));
  EXPECT_THAT(ids(), ElementsAre("a", "b", "c"));
  open(2);
  EXPECT_THAT(ids(), ElementsAre("b", "c"));
  EXPECT_EQ(log->last_of_earlier(), 3U);
  log->add(event("d"));
  EXPECT_THAT(ids(), ElementsAre("c", "d"));
  EXPECT_EQ(log->after(1, 10).missed, 1U);
  EXPECT_EQ(log->after(2, 10).missed, 0U);
  EXPECT_THAT(ids(3), ElementsAre("d"));
  open(2);
  EXPECT_THAT(ids(), ElementsAre("c", "d"));
  EXPECT_EQ(log->after(0, 1).events[0]->cluster, "c");
  EXPECT_EQ(json_string(Json::parse(log->after(0, 1).events[0]->line), "detail-type"),
            "ECS Task State Change");
}

TEST_F(EventLogTest, AFollowerTriesAgainAndKeepsTheOrder) {
  auto taken = std::make_shared<Taken>();
  int asked = 0;
  {
    Follower follower(*log, *store, options(), [&](const Logged& e) -> Delivery {
      const std::string id = id_in(e.line);
      if (id == "b" && ++asked < 4) return {Delivery::End::kAgain, "not now"};
      if (id == "bad") return {Delivery::End::kRefused, "never"};
      taken->add(id);
      return {};
    });
    for (const char* id : {"a", "b", "bad", "c"}) log->add(event(id));
    EXPECT_THAT(taken->wait(3), ElementsAre("a", "b", "c"));
  }
  EXPECT_EQ(asked, 4);
}

TEST_F(EventLogTest, TheNextFollowerGoesOnWhereTheLastOneStood) {
  std::promise<void> stuck;
  bool told = false;
  {
    Follower follower(*log, *store, options(), [&](const Logged& e) -> Delivery {
      if (id_in(e.line) != "b") return {};
      if (!std::exchange(told, true)) stuck.set_value();
      return {Delivery::End::kAgain, "nobody listens"};
    });
    log->add(event("a"));
    log->add(event("b"));
    log->add(event("c"));
    stuck.get_future().wait();
  }
  open();
  const auto places = followed(*store);
  ASSERT_TRUE(places);
  EXPECT_EQ(places->at("test"), 1U);
  auto taken = std::make_shared<Taken>();
  auto next = options();
  next.begin = places->at("test");
  Follower follower(*log, *store, next, [&](const Logged& e) -> Delivery {
    taken->add(id_in(e.line));
    return {};
  });
  EXPECT_THAT(taken->wait(2), ElementsAre("b", "c"));
}

TEST_F(EventLogTest, AFileGetsALineEachAlsoAfterRotation) {
  const std::string path = folder / "events.jsonl";
  const auto to = to_file(path, ::getgid());
  Logged one;
  one.line = "{\"a\":1}";
  EXPECT_EQ(to(one).end, Delivery::End::kTaken);
  EXPECT_EQ(to(one).end, Delivery::End::kTaken);
  EXPECT_EQ(*read_file(path), "{\"a\":1}\n{\"a\":1}\n");
  std::filesystem::rename(path, path + ".1");
  EXPECT_EQ(to(one).end, Delivery::End::kTaken);
  EXPECT_EQ(*read_file(path), "{\"a\":1}\n");
  EXPECT_EQ(to_file("/proc/none/x", ::getgid())(one).end, Delivery::End::kAgain);
}

TEST_F(EventLogTest, AWebhookIsAskedAgainUnlessItRefuses) {
  std::atomic<int> status{503};
  std::string body;
  http::Door door;
  http::Surface surface;
  surface.handler = [&](const http::Request& r) {
    body = r.method + " " + r.target + " " + r.body;
    http::Response answer;
    answer.status = status;
    return answer;
  };
  auto listener = http::listen_tcp("127.0.0.1", 0);
  ASSERT_TRUE(listener);
  const int port = *http::bound_port(listener->get());
  door.open(std::move(*listener), surface);
  const std::atomic<bool> ending{false};
  const auto to = to_webhook("http://127.0.0.1:" + std::to_string(port) + "/in?x=1", ending);
  Logged one;
  one.line = "{}";
  EXPECT_EQ(to(one).end, Delivery::End::kAgain);
  status = 429;
  EXPECT_EQ(to(one).end, Delivery::End::kAgain);
  status = 400;
  EXPECT_EQ(to(one).end, Delivery::End::kRefused);
  EXPECT_EQ(to(one).problem, "it answers with status 400");
  status = 202;
  EXPECT_EQ(to(one).end, Delivery::End::kTaken);
  EXPECT_EQ(body, "POST /in?x=1 {}");
}

TEST_F(EventLogTest, ReadersOfTheSocketGetWhatComes) {
  log->add(event("before"));
  SinksOptions wanted;
  wanted.socket = folder / "events.sock";
  wanted.group = ::getgid();
  const auto sinks = Sinks::open(*log, *store, wanted);
  ASSERT_TRUE(sinks) << sinks.error().message;
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, wanted.socket.c_str());
  ASSERT_EQ(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  timeval limit{20, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  // Whether it was let in before the first event nobody can tell: events come until it was.
  std::string text;
  char buffer[4096];
  int n = 0;
  while (text.empty() && n < 4000) {
    log->add(event("e" + std::to_string(n++)));
    pollfd readable{socket.get(), POLLIN, 0};
    if (::poll(&readable, 1, 5) < 1) continue;
    const ssize_t got = ::recv(socket.get(), buffer, sizeof buffer, 0);
    if (got > 0) text.append(buffer, static_cast<std::size_t>(got));
  }
  log->add(event("last"));
  while (text.find("\"last\"") == text.npos) {
    const ssize_t got = ::recv(socket.get(), buffer, sizeof buffer, 0);
    ASSERT_GT(got, 0);
    text.append(buffer, static_cast<std::size_t>(got));
  }
  EXPECT_EQ(text.find("\"before\""), text.npos);
}

TEST(EventIds, AreTheSameForTheSameThing) {
  EXPECT_EQ(uuid_of("a"), uuid_of("a"));
  EXPECT_NE(uuid_of("a"), uuid_of("b"));
  EXPECT_THAT(uuid_of("a"), ::testing::MatchesRegex(
                                "[0-9a-f]+-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]+"));
  EXPECT_EQ(uuid_of("a").size(), 36U);
}

}  // namespace
}  // namespace drydock::control::events
