#include "logrouter/firelens/sender.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <future>
#include <optional>
#include <thread>

#include "base/files.h"
#include "logrouter/firelens/router_socket.h"
#include "logrouter/journal.h"
#include "logrouter/pump.h"

namespace drydock::logrouter {
namespace {

UniqueFd listen_at(const std::string& path) {
  ::unlink(path.c_str());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::listen(fd.get(), 4), 0);
  return fd;
}

class RouterSenderTest : public testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/drydock-sender-XXXXXX";
    ASSERT_NE(::mkdtemp(folder), nullptr);
    folder_ = folder;
    socket_ = folder_ + "/" + kRouterSocket;
    auto started = Pump::start({});
    ASSERT_TRUE(started);
    pump_ = std::move(*started);
  }
  void TearDown() override {
    pump_.reset();
    (void)remove_tree(folder_);
  }

  void write_lines(int count, const std::string& type = "fluentbit") {
    auto w = JournalWriter::open(folder_ + "/journal", {}).value();
    for (int i = 0; i < count; ++i)
      w.append(Stream::kStdout, now(), "line " + std::to_string(i) + "\n");
    w.flush(now());
    Pump::Job job;
    job.source.task_id = "t1";
    job.source.container = "app";
    job.source.runtime_id = "t1-1";
    job.source.journal = folder_ + "/journal";
    job.source.router_socket = folder_;
    job.source.router_type = type;
    job.destination = "awsfirelens";
    job.make = RouterSender::make;
    pump_->add(std::move(job));
    pump_->finish("t1", "app");
  }
  void drain() {
    std::promise<void> done;
    pump_->when_drained("t1", "awsfirelens", {std::chrono::seconds(60)},
                        [&done] { done.set_value(); });
    done.get_future().wait();
    EXPECT_TRUE(pump_->report().empty());
  }

  // Reads from one connection, and answers each chunk with what `answer` makes of its id, until the
  // sender goes or there is no answer.
  using Answerer = std::function<std::optional<std::string>(std::string)>;
  static std::string serve(int listener, const Answerer& answer) {
    return serve_one(UniqueFd(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC)), answer);
  }
  static std::string serve_one(const UniqueFd& fd, const Answerer& answer) {
    std::string all;
    std::size_t looked = 0;
    char data[4096];
    for (;;) {
      const ssize_t n = ::read(fd.get(), data, sizeof data);
      if (n <= 0) return all;
      all.append(data, static_cast<std::size_t>(n));
      const std::string mark =
          "\xa5"
          "chunk\xb8";
      for (std::size_t at; (at = all.find(mark, looked)) != std::string::npos &&
                           all.size() >= at + mark.size() + 24;) {
        looked = at + mark.size() + 24;
        const auto said = answer(all.substr(at + mark.size(), 24));
        if (!said) return all;
        (void)write_all(fd.get(), *said);
      }
    }
  }
  static std::string ack(const std::string& chunk) {
    return std::string("\x81\xa3", 2) + "ack\xb8" + chunk;
  }
  static int count(const std::string& bytes, const std::string& what) {
    int found = 0;
    for (std::size_t at = 0; (at = bytes.find(what, at)) != std::string::npos; ++at) ++found;
    return found;
  }

  std::string folder_, socket_;
  std::unique_ptr<Pump> pump_;
};

TEST_F(RouterSenderTest, EverythingIsSentAndAcknowledged) {
  const UniqueFd listener = listen_at(socket_);
  std::string got;
  std::thread router([&] { got = serve(listener.get(), ack); });
  write_lines(5000);
  drain();
  router.join();
  EXPECT_EQ(count(got, "\xa3log\xa9line 4999"), 1);
  EXPECT_EQ(count(got, "container_name"), 5000);
}

TEST_F(RouterSenderTest, WhatIsNotAcknowledgedComesAgain) {
  const UniqueFd listener = listen_at(socket_);
  std::string first, second, third;
  std::thread router([&] {
    first = serve(listener.get(), [](const std::string&) { return std::nullopt; });  // dies
    second = serve(listener.get(), [](const std::string&) { return ack(std::string(24, 'x')); });
    third = serve(listener.get(), ack);
  });
  write_lines(10);
  drain();
  router.join();
  for (const std::string& got : {first, second, third}) EXPECT_EQ(count(got, "container_name"), 10);
}

TEST_F(RouterSenderTest, ARouterThatSaysSomethingElseIsLeft) {
  const UniqueFd listener = listen_at(socket_);
  std::atomic<int> rude = 0;
  std::thread router([&] {
    for (const std::string& nonsense : {std::string("HTTP/1.1 400"), std::string(8000, '\x81')}) {
      serve(listener.get(), [&](const std::string&) { return nonsense; });
      ++rude;
    }
    serve(listener.get(), ack);
  });
  write_lines(10);
  drain();
  router.join();
  EXPECT_EQ(rude, 2);
}

TEST_F(RouterSenderTest, AFluentdRouterIsAskedForNothing) {
  const UniqueFd listener = listen_at(socket_);
  std::string got;
  std::thread router([&] { got = serve(listener.get(), ack); });
  write_lines(3000, "fluentd");
  drain();
  router.join();
  EXPECT_EQ(count(got, "container_name"), 3000);
  EXPECT_EQ(count(got, "chunk"), 0);
}

TEST_F(RouterSenderTest, ARouterThatAcknowledgesLateIsWaitedForFromThen) {
  const UniqueFd listener = listen_at(socket_);
  std::string taken, unacknowledged, again;
  std::thread router([&] {
    const UniqueFd fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    // It reads three chunks and is silent until a fourth comes: they count as accepted.
    std::string late;
    int chunks = 0;
    taken = serve_one(fd, [&](const std::string& chunk) {
      late += ack(chunk);
      return ++chunks < 4 ? std::optional<std::string>("") : std::nullopt;
    });
    // From its late word on, what it reads and does not acknowledge is not accepted.
    (void)write_all(fd.get(), late);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    unacknowledged = serve_one(fd, [&](const std::string&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      return std::nullopt;
    });
    ::shutdown(fd.get(), SHUT_RDWR);
    again = serve(listener.get(), ack);
  });
  write_lines(20000);
  drain();
  router.join();
  EXPECT_GT(count(unacknowledged, "\xa3log\xa9line "), 0);
  for (int i = 0; i < 20000; ++i) {
    const std::string text = "line " + std::to_string(i);
    const std::string line =
        "\xa3log" + std::string(1, static_cast<char>(0xa0 + text.size())) + text;
    ASSERT_TRUE(taken.find(line) != std::string::npos || again.find(line) != std::string::npos)
        << i;
  }
}

TEST_F(RouterSenderTest, OnlyASocketIsConnectedTo) {
  EXPECT_EQ(connect_router(folder_).error().code, Errc::kNotFound);
  const UniqueFd elsewhere = listen_at(folder_ + "/other");
  ASSERT_EQ(::symlink("other", socket_.c_str()), 0);
  EXPECT_FALSE(connect_router(folder_));
  ::unlink(socket_.c_str());
  ASSERT_EQ(::mkfifo(socket_.c_str(), 0600), 0);
  EXPECT_EQ(connect_router(folder_).error().code, Errc::kInvalid);
  ::unlink(socket_.c_str());
  const UniqueFd listener = listen_at(socket_);
  EXPECT_TRUE(connect_router(folder_));
  ASSERT_EQ(::symlink(folder_.c_str(), (folder_ + "/link").c_str()), 0);
  EXPECT_FALSE(connect_router(folder_ + "/link"));
}

}  // namespace
}  // namespace drydock::logrouter
