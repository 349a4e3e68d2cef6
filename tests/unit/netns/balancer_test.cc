#include "netns/balancer/balancer.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <thread>

#include "base/unique_fd.h"
#include "netns/balancer/probe_internal.h"

namespace drydock::netns {
namespace {

using namespace std::chrono_literals;

sockaddr_in loopback(int port) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(static_cast<std::uint16_t>(port));
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return where;
}

// Answers each request on each connection with its name, as HTTP.
class Server {
 public:
  explicit Server(std::string name) : name_(std::move(name)) {
    listening_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in where = loopback(0);
    socklen_t size = sizeof where;
    EXPECT_EQ(::bind(listening_.get(), reinterpret_cast<sockaddr*>(&where), size), 0);
    EXPECT_EQ(::listen(listening_.get(), 64), 0);
    ::getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&where), &size);
    port = ntohs(where.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Server() { close(); }
  void close() {
    if (!thread_.joinable()) return;
    ::shutdown(listening_.get(), SHUT_RDWR);
    thread_.join();
    listening_.reset();
    for (auto& one : connections_) one.join();
    connections_.clear();
  }

  int port = 0;
  std::atomic<int> status{200};
  std::atomic<bool> closes{true};

 private:
  void serve() {
    for (;;) {
      const int fd = ::accept(listening_.get(), nullptr, nullptr);
      if (fd < 0) return;
      connections_.emplace_back([this, fd] {
        const UniqueFd connection(fd);
        char bytes[4096];
        while (::read(fd, bytes, sizeof bytes) > 0) {
          const std::string answer = "HTTP/1.1 " + std::to_string(status) +
                                     " X\r\nContent-Length: " + std::to_string(name_.size()) +
                                     "\r\n\r\n" + name_;
          if (::write(fd, answer.data(), answer.size()) < 0 || closes) return;
        }
      });
    }
  }

  std::string name_;
  UniqueFd listening_;
  std::thread thread_;
  std::vector<std::thread> connections_;
};

class Client {
 public:
  explicit Client(int port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_in where = loopback(port);
    const timeval patience{10, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connected = ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0;
  }
  // The body of the answer; empty when there is none.
  std::string ask() {
    const std::string request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    if (::send(fd_.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return {};
    char bytes[4096];
    const auto got = ::read(fd_.get(), bytes, sizeof bytes);
    const std::string answer(bytes, got > 0 ? static_cast<std::size_t>(got) : 0);
    const auto body = answer.find("\r\n\r\n");
    return body == answer.npos ? "" : answer.substr(body + 4);
  }
  bool ended() {
    char byte = 0;
    return ::read(fd_.get(), &byte, 1) == 0;
  }
  bool connected = false;

 private:
  UniqueFd fd_;
};

class BalancerTest : public ::testing::Test {
 protected:
  BalancerTest() {
    BalancerHooks hooks;
    hooks.changed = [this](const std::string&, const std::string& target, TargetHealth health,
                           const std::string& why) {
      const std::lock_guard lock(mutex_);
      health_[target] = health;
      why_[target] = why;
      changed_.notify_all();
    };
    balancer_ = std::make_unique<Balancer>(std::move(hooks));
  }
  HealthCheck quick(const std::string& path = "") {
    HealthCheck check;
    check.path = path;
    check.interval = 50ms;
    check.first_interval = 10ms;
    check.patience = 100ms;
    return check;
  }
  bool becomes(const std::string& target, TargetHealth wanted) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 10s, [&] {
      const auto at = health_.find(target);
      return at != health_.end() && at->second == wanted;
    });
  }
  std::string why(const std::string& target) {
    const std::lock_guard lock(mutex_);
    return why_[target];
  }
  int open(HealthCheck check) {
    const auto port = balancer_->open("group", 0, std::move(check));
    EXPECT_TRUE(port) << port.error().message;
    return port.value_or(0);
  }
  // Until it is drained.
  bool remove(const std::string& target, Duration patience) {
    auto done = std::make_shared<std::promise<void>>();
    auto over = done->get_future();
    balancer_->remove("group", target, patience, [done] { done->set_value(); });
    return over.wait_for(10s) == std::future_status::ready;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, TargetHealth> health_;
  std::map<std::string, std::string> why_;
  std::unique_ptr<Balancer> balancer_;
};

TEST_F(BalancerTest, ConnectionsGoToTheTargetsInTurn) {
  Server a("a"), b("b");
  const int port = open(quick());
  balancer_->add("group", {"a", "127.0.0.1", a.port});
  balancer_->add("group", {"b", "127.0.0.1", b.port});
  ASSERT_TRUE(becomes("a", TargetHealth::kHealthy));
  ASSERT_TRUE(becomes("b", TargetHealth::kHealthy));
  std::map<std::string, int> answers;
  for (int i = 0; i < 20; ++i) ++answers[Client(port).ask()];
  EXPECT_EQ(answers["a"], 10);
  EXPECT_EQ(answers["b"], 10);
}

TEST_F(BalancerTest, ATargetThatTakesNoConnectionIsPassedOverAndSeenAsUnhealthy) {
  Server a("a");
  auto b = std::make_unique<Server>("b");
  const int port = open(quick());
  balancer_->add("group", {"a", "127.0.0.1", a.port});
  balancer_->add("group", {"b", "127.0.0.1", b->port});
  ASSERT_TRUE(becomes("b", TargetHealth::kHealthy));
  ASSERT_TRUE(becomes("a", TargetHealth::kHealthy));
  b.reset();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Client(port).ask(), "a");
  EXPECT_TRUE(becomes("b", TargetHealth::kUnhealthy));
  EXPECT_EQ(why("b"), "Connection refused");
}

TEST_F(BalancerTest, APathTellsWhetherATargetIsWell) {
  Server a("a");
  a.status = 503;
  const int port = open(quick("/health"));
  balancer_->add("group", {"a", "127.0.0.1", a.port});
  ASSERT_TRUE(becomes("a", TargetHealth::kUnhealthy));
  EXPECT_EQ(why("a"), "Health checks failed with these codes: [503]");
  EXPECT_EQ(Client(port).ask(), "a") << "without a healthy one the others are asked";
  a.status = 301;
  EXPECT_TRUE(becomes("a", TargetHealth::kHealthy));
}

TEST_F(BalancerTest, WhoLeavesIsAskedNoMoreAndDrainsFirst) {
  Server a("a"), b("b");
  a.closes = b.closes = false;
  const int port = open(quick());
  balancer_->add("group", {"a", "127.0.0.1", a.port});
  ASSERT_TRUE(becomes("a", TargetHealth::kHealthy));
  Client kept(port);
  ASSERT_EQ(kept.ask(), "a");
  balancer_->add("group", {"b", "127.0.0.1", b.port});
  ASSERT_TRUE(becomes("b", TargetHealth::kHealthy));
  auto over = std::make_shared<std::promise<void>>();
  auto drained = over->get_future();
  balancer_->remove("group", "a", 10s, [over] { over->set_value(); });
  EXPECT_EQ(kept.ask(), "a") << "a connection that is used goes on";
  for (int i = 0; i < 4; ++i) EXPECT_EQ(Client(port).ask(), "b");
  EXPECT_EQ(drained.wait_for(10s), std::future_status::ready) << "it rests, and is closed";
  EXPECT_TRUE(kept.ended());
}

TEST_F(BalancerTest, PatienceEndsWithWhoNeverRests) {
  Server a("a");
  a.closes = false;
  const int port = open(quick());
  balancer_->add("group", {"a", "127.0.0.1", a.port});
  ASSERT_TRUE(becomes("a", TargetHealth::kHealthy));
  Client busy(port);
  ASSERT_EQ(busy.ask(), "a");
  std::atomic<bool> stop{false};
  std::thread asking([&] {
    while (!stop && !busy.ask().empty()) std::this_thread::yield();
  });
  EXPECT_TRUE(remove("a", 300ms));
  asking.join();
  stop = true;
}

TEST_F(BalancerTest, AGroupHasOnePortAndGivesItBack) {
  const int port = open(quick());
  EXPECT_EQ(open(quick()), port);
  const auto taken = balancer_->open("other", port, quick());
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Errc::kExists);
  EXPECT_EQ(taken.error().message,
            "127.0.0.1:" + std::to_string(port) + " is in use by another program");
  Client nobody(port);
  EXPECT_TRUE(nobody.connected);
  EXPECT_TRUE(nobody.ended()) << "no target: closed at once";
  balancer_->close("group");
  // The listener goes on the balancer's thread: what is asked after is done after.
  EXPECT_TRUE(remove("a", 0ms));
  const auto again = balancer_->open("other", port, quick());
  EXPECT_TRUE(again) << again.error().message;
}

TEST(Probe, ReadsTheStatusOfAnAnswer) {
  EXPECT_EQ(status_of("HTTP/1.1 200 OK\r\n"), 200);
  EXPECT_EQ(status_of("HTTP/1.0 503"), 503);
  EXPECT_EQ(status_of("HTTP/1.1 20"), 0);
  EXPECT_EQ(status_of("HTTP/2 200 OK"), 0);
  EXPECT_EQ(status_of("HTTP/1.1 2x0 OK"), 0);
  EXPECT_EQ(status_of("SSH-2.0-OpenSSH"), 0);
}

}  // namespace
}  // namespace drydock::netns
