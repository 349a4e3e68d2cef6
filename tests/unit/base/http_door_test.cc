#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <thread>

#include "base/http/client.h"
#include "http_door_fixture.h"

namespace drydock::http::test {
namespace {

using namespace std::chrono_literals;

TEST_F(HttpDoor, AnswersWithStatusHeadersAndBody) {
  const int port = serve([](const Request& r) {
    EXPECT_EQ(r.path, "/a%20b/c");
    EXPECT_EQ(r.query, "k=v%26w");
    EXPECT_EQ(header(r.headers, "x-thing"), "50%25 ~ok");
    EXPECT_TRUE(header(r.headers, "X-Empty").empty());
    EXPECT_EQ(r.remote_address, "127.0.0.1");
    EXPECT_GT(r.remote_port, 0);
    return Response{418, {{"Content-Type", "application/json"}, {"X-Back", "1"}}, "{}", {}};
  });
  RawClient client(port);
  client.say(
      "GET /a%20b/c?k=v%26w HTTP/1.1\r\nHost: x\r\nX-Thing:  50%25 ~ok \r\nX-Empty:\r\nRange: "
      "bytes=0-0\r\n"
      "Accept-Encoding: gzip\r\nREMOTE_ADDR: 9.9.9.9\r\n\r\n");
  const auto reply = client.reply();
  EXPECT_EQ(reply.substr(0, 12), "HTTP/1.1 418");
  EXPECT_TRUE(has(reply, "Content-Type: application/json\r\n"));
  EXPECT_TRUE(has(reply, "X-Back: 1\r\n"));
  EXPECT_TRUE(has(reply, "Content-Length: 2\r\n"));
  EXPECT_TRUE(has(reply, "Date: "));
  EXPECT_FALSE(has(reply, "Keep-Alive"));
  EXPECT_FALSE(has(reply, "Connection"));
  EXPECT_EQ(reply.substr(reply.size() - 6), "\r\n\r\n{}");
}

TEST_F(HttpDoor, KeepsConnectionsAndAnswersPipelinedRequestsInOrder) {
  const int port = echo();
  RawClient client(port);
  std::string all;
  for (int i = 0; i < 500; ++i) all += get("/" + std::to_string(i));
  std::thread sender([&] { client.say(all); });
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(has(client.reply(), "[]")) << i;
  sender.join();
  client.say(post("one") + post("two"));
  EXPECT_TRUE(has(client.reply(), "[one]"));
  EXPECT_TRUE(has(client.reply(), "[two]"));
}

TEST_F(HttpDoor, ServesTenThousandRequests) {
  const int port = echo();
  std::vector<std::thread> clients;
  std::atomic<int> good{0};
  for (int c = 0; c < 4; ++c)
    clients.emplace_back([&] {
      RawClient client(port);
      for (int i = 0; i < 2500; ++i) {
        client.say(get("/x"));
        if (has(client.reply(), "GET /x []")) ++good;
      }
    });
  for (auto& c : clients) c.join();
  EXPECT_EQ(good, 10000);
}

TEST_F(HttpDoor, ClosesWhenTheClientAsksOrSpeaksHttp10) {
  const int port = echo();
  RawClient asks(port);
  asks.say("GET / HTTP/1.1\r\nHost: x\r\nConnection: foo, Close\r\n\r\n");
  EXPECT_TRUE(has(asks.hear_all(), "Connection: close"));
  RawClient old(port);
  old.say("GET /old HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(has(old.hear_all(), "GET /old []"));
}

TEST_F(HttpDoor, HeadHasTheLengthButNoBody) {
  const int port = echo();
  RawClient client(port);
  client.say("HEAD /abc HTTP/1.1\r\nHost: x\r\n\r\n" + get("/next"));
  const auto first = client.hear("\r\n\r\n");
  EXPECT_TRUE(has(first, "Content-Length: 12"));
  EXPECT_EQ(client.hear("\r\n").substr(0, 15), "HTTP/1.1 200 OK");
}

TEST_F(HttpDoor, DecodesChunkedBodies) {
  const int port = echo();
  RawClient client(port);
  client.say(kChunkedPost);
  for (const char c : std::string("4\r\nWiki\r\nA;name=x\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n"))
    client.say({&c, 1});
  EXPECT_TRUE(has(client.reply(), "[Wiki0123456789]"));
  client.say(get("/after"));
  EXPECT_TRUE(has(client.reply(), "/after"));
}

TEST_F(HttpDoor, CutsBodiesThatAreTooLarge) {
  DoorLimits limits;
  limits.body_bytes = 1000;
  const int port = echo(limits);
  RawClient exact(port);
  exact.say(post(std::string(1000, 'x')));
  EXPECT_EQ(exact.reply().substr(0, 12), "HTTP/1.1 200");
  RawClient announced(port);
  announced.say(post(std::string(1001, 'x')));
  EXPECT_EQ(announced.hear_all().substr(0, 12), "HTTP/1.1 413");
  RawClient endless(port);
  endless.say(kChunkedPost);
  const std::string chunk = "100\r\n" + std::string(256, 'x') + "\r\n";
  for (int i = 0; i < 100'000 && endless.say(chunk); ++i) {
  }
  EXPECT_EQ(endless.hear("\r\n").substr(0, 12), "HTTP/1.1 413");
}

TEST_F(HttpDoor, RefusesOversizedHeads) {
  DoorLimits limits;
  limits.head_bytes = 2000;
  const int port = echo(limits);
  RawClient ended(port), endless(port);
  ended.say("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(3000, 'a') + "\r\n\r\n");
  EXPECT_EQ(ended.hear_all().substr(0, 12), "HTTP/1.1 431");
  endless.say("GET /" + std::string(30'000, 'a'));
  EXPECT_EQ(endless.hear_all().substr(0, 12), "HTTP/1.1 431");
}

TEST_F(HttpDoor, AHeaderLineMayBeLongButNotLongerThanTheLibraryTakes) {
  const int port = echo();
  RawClient client(port);
  const auto with = [](const std::string& value) {
    return "GET / HTTP/1.1\r\nHost: x\r\nX: " + value + "\r\n\r\n";
  };
  client.say(with(std::string(7990, 'a')) + with(std::string(2600, '%')));
  EXPECT_EQ(client.reply().substr(0, 12), "HTTP/1.1 200");
  EXPECT_EQ(client.reply().substr(0, 12), "HTTP/1.1 200");
  client.say(with(std::string(2700, '%')));
  EXPECT_EQ(client.hear_all().substr(0, 12), "HTTP/1.1 431");
}

TEST_F(HttpDoor, LongPathsDoNotCrash) {
  const int port = echo();
  RawClient client(port);
  client.say(get("/" + std::string(7000, 'a')));
  EXPECT_EQ(client.reply().substr(0, 12), "HTTP/1.1 200");
  client.say(get("/" + std::string(20'000, 'a')));
  EXPECT_EQ(client.hear_all().substr(0, 12), "HTTP/1.1 414");
}

TEST_F(HttpDoor, RefusesWhatTwoReadersCouldUnderstandDifferently) {
  const int port = echo();
  for (const char* const bad : {
           "GET / HTTP/1.1\nHost: x\n\n",
           "GET / HTTP/1.1\r\nHost: x\r\nA: b\n\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n folded\r\n\r\n",
           "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
           "GET / HTTP/1.1\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
           "GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
           "GET /\r\nHost: x\r\n\r\n",
           "G@T / HTTP/1.1\r\nHost: x\r\n\r\n",
           "BREW / HTTP/1.1\r\nHost: x\r\n\r\n",
           "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3, 3\r\n\r\nabc",
           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc",
           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: "
           "chunked\r\n\r\n0\r\n\r\n",
           "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
           "chunked\r\n\r\n0\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\n",
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
       }) {
    RawClient client(port);
    client.say(bad);
    const auto reply = client.hear_all();
    EXPECT_EQ(reply.substr(0, 12), "HTTP/1.1 400") << bad;
    EXPECT_TRUE(has(reply, "Connection: close")) << bad;
  }
  const auto status = [&](const char* text) {
    RawClient client(port);
    client.say(text);
    return client.hear_all().substr(9, 3);
  };
  EXPECT_EQ(status("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
            "501");
  EXPECT_EQ(status("GET / HTTP/2.0\r\nHost: x\r\n\r\n"), "505");
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\n\r\n"), "417");
}

TEST_F(HttpDoor, AnswersExpectAtOnce) {
  const int port = echo();
  RawClient client(port);
  client.say("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.hear("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.say("ok");
  EXPECT_TRUE(has(client.reply(), "[ok]"));
}

TEST_F(HttpDoor, ACrowdOfIdleAndHalfSentConnectionsDelaysNobody) {
  const int port = echo();
  std::vector<RawClient> crowd;
  for (int i = 0; i < 300; ++i) {
    crowd.emplace_back(port);
    if (i % 3 == 1) crowd.back().say("GET / HT");
    if (i % 3 == 2)
      crowd.back().say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nslow");
  }
  RawClient client(port);
  for (int i = 0; i < 100; ++i) {
    client.say(get("/"));
    ASSERT_TRUE(has(client.reply(), "200 OK"));
  }
}

TEST_F(HttpDoor, HalfSentRequestsAreGivenUpInTime) {
  DoorLimits limits;
  limits.head_time = limits.body_time = limits.idle_time = 1s;
  const int port = echo(limits);
  RawClient silent(port), head(port), body(port), idle(port);
  head.say("GET / HT");
  body.say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc");
  idle.say(get("/"));
  idle.reply();
  EXPECT_EQ(silent.hear_all(), "");
  EXPECT_EQ(head.hear_all().substr(0, 12), "HTTP/1.1 408");
  EXPECT_EQ(body.hear_all().substr(0, 12), "HTTP/1.1 408");
  EXPECT_EQ(idle.hear_all(), "");
}

TEST_F(HttpDoor, TurnsAwayWhatExceedsTheConnectionLimit) {
  DoorLimits limits;
  limits.connections = 3;
  const int port = echo(limits);
  std::vector<RawClient> within;
  for (int i = 0; i < 3; ++i) {
    within.emplace_back(port);
    within.back().say(get("/"));
    within.back().reply();
  }
  RawClient over(port);
  over.say(get("/"));
  EXPECT_EQ(over.hear_all().substr(0, 12), "HTTP/1.1 503");
  within[0].say(get("/"));
  EXPECT_TRUE(has(within[0].reply(), "200 OK"));
  within.pop_back();
  std::string again;
  while (again.substr(0, 12) != "HTTP/1.1 200") {  // the door learns of the leaver in its own time
    RawClient next(port);
    next.say(get("/"));
    again = next.reply();
  }
}

TEST_F(HttpDoor, ThrowingHandlersGiveAnError) {
  const int port = serve([](const Request&) -> Response { throw std::runtime_error("odd"); });
  RawClient client(port);
  client.say(get("/"));
  EXPECT_EQ(client.reply().substr(0, 12), "HTTP/1.1 500");
}

TEST_F(HttpDoor, HeadersWithLineBreaksNeverReachTheClient) {
  const int port = serve([](const Request&) {
    return Response{200, {{"X-A", "1\r\nX-Evil: 2"}, {"X-B", "3"}}, "", {}};
  });
  RawClient client(port);
  client.say(get("/"));
  const auto reply = client.reply();
  EXPECT_FALSE(has(reply, "Evil"));
  EXPECT_TRUE(has(reply, "X-B: 3"));
}

TEST_F(HttpDoor, CloseUnderLoadDropsEveryConnectionAndLeavesOthersAlone) {
  const int other = echo();
  const int port = echo();
  std::atomic<bool> stop{false};
  std::vector<std::thread> clients;
  for (int c = 0; c < 4; ++c)
    clients.emplace_back([&] {
      while (!stop) {
        UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_port = htons(static_cast<std::uint16_t>(port));
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&where), sizeof where) != 0) return;
        const auto request = get("/");
        char buffer[512];
        while (!stop && ::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) > 0 &&
               ::recv(fd.get(), buffer, sizeof buffer, 0) > 0) {
        }
      }
    });
  RawClient witness(port);
  for (int i = 0; i < 200; ++i) {
    witness.say(get("/"));
    witness.reply();
  }
  door_.close(id_);
  EXPECT_EQ(witness.hear_all(), "");
  const auto again = listen_tcp("127.0.0.1", port);
  EXPECT_TRUE(again.has_value());  // its descriptor is closed, the port is free
  stop = true;
  if (again) const_cast<UniqueFd&>(*again).reset();
  for (auto& c : clients) c.join();
  door_.close(id_);  // once more is harmless
  RawClient client(other);
  client.say(get("/"));
  EXPECT_TRUE(has(client.reply(), "200 OK"));
}

TEST_F(HttpDoor, AHandlerMayCloseASurfaceEvenItsOwn) {
  const int port = echo();
  const int victim = id_;
  std::promise<void> done;
  const int closer = serve([&](const Request&) {
    door_.close(victim);
    door_.close(id_);
    done.set_value();
    return text("closed");
  });
  RawClient kept(port), client(closer);
  client.say(get("/"));
  done.get_future().wait();
  EXPECT_EQ(kept.hear_all(), "");
  EXPECT_EQ(client.hear_all(), "");
}

TEST_F(HttpDoor, SurvivesRunningOutOfDescriptors) {
  const int port = echo();
  RawClient first(port);
  first.say(get("/"));
  first.reply();
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  std::vector<UniqueFd> fill;
  UniqueFd waiting(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  rlimit low{static_cast<rlim_t>(waiting.get() + 20), before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &low);
  for (int fd = 0; (fd = ::fcntl(0, F_DUPFD_CLOEXEC, 0)) >= 0;) fill.emplace_back(fd);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(static_cast<std::uint16_t>(port));
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::connect(waiting.get(), reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
  for (int i = 0; i < 50; ++i) {  // the reactor serves on meanwhile
    first.say(get("/"));
    ASSERT_TRUE(has(first.reply(), "200 OK"));
  }
  fill.clear();
  ::setrlimit(RLIMIT_NOFILE, &before);
  const auto request = get("/");
  ASSERT_GT(::send(waiting.get(), request.data(), request.size(), MSG_NOSIGNAL), 0);
  char buffer[512];
  EXPECT_GT(::recv(waiting.get(), buffer, sizeof buffer, 0), 0);
}

}  // namespace
}  // namespace drydock::http::test
