#include "base/http/door.h"

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

namespace drydock::http {
namespace {

using namespace std::chrono_literals;

// A client that says exactly the bytes it is told to.
class RawClient {
 public:
  explicit RawClient(int port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(static_cast<std::uint16_t>(port));
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_.get(), reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
    timeval limit{20, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  }
  bool say(std::string_view text) const {
    while (!text.empty()) {
      const auto put = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (put <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
  }
  // What arrives until `mark` has been seen or the peer closes.
  std::string hear(std::string_view mark) {
    char buffer[4096];
    for (;;) {
      if (const auto at = heard_.find(mark); at != heard_.npos) {
        auto out = heard_.substr(0, at + mark.size());
        heard_.erase(0, at + mark.size());
        return out;
      }
      const auto got = ::recv(fd_.get(), buffer, sizeof buffer, 0);
      if (got <= 0) return std::exchange(heard_, {});
      heard_.append(buffer, static_cast<std::size_t>(got));
    }
  }
  std::string hear_all() { return hear(std::string_view("\0never\0", 7)); }
  // One reply with a Content-Length.
  std::string reply() {
    auto head = hear("\r\n\r\n");
    const auto at = head.find("Content-Length: ");
    if (at == head.npos) return head;
    const auto size = static_cast<std::size_t>(std::atoi(head.c_str() + at + 16));
    char c = 0;
    while (heard_.size() < size && ::recv(fd_.get(), &c, 1, 0) == 1) heard_ += c;
    head += heard_.substr(0, size);
    heard_.erase(0, std::min(size, heard_.size()));
    return head;
  }
  void leave() { fd_.reset(); }
  int fd() const { return fd_.get(); }

 private:
  UniqueFd fd_;
  std::string heard_;
};

int port_of(const UniqueFd& fd) {
  sockaddr_in where{};
  socklen_t size = sizeof where;
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&where), &size);
  return ntohs(where.sin_port);
}

Response text(std::string body, int status = 200) {
  return {status, {{"Content-Type", "text/plain"}}, std::move(body), {}};
}

std::string get(const std::string& path) { return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"; }
std::string post(const std::string& body, const std::string& more = "") {
  return "POST /echo HTTP/1.1\r\nHost: x\r\n" + more +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
constexpr char kChunkedPost[] =
    "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

// A door with one TCP surface.
class HttpDoor : public ::testing::Test {
 protected:
  int serve(Surface surface) {
    auto fd = listen_tcp("127.0.0.1", 0);
    EXPECT_TRUE(fd.has_value());
    const int port = port_of(*fd);
    id_ = door_.open(std::move(*fd), std::move(surface));
    return port;
  }
  int serve(Handler handler, DoorLimits limits = {}) {
    return serve(Surface{std::move(handler), {}, limits});
  }
  int echo(DoorLimits limits = {}) {
    return serve(
        [](const Request& r) { return text(r.method + " " + r.target + " [" + r.body + "]"); },
        limits);
  }
  Door door_{2};
  int id_ = 0;
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

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

TEST_F(HttpDoor, StreamsABodyOutInChunks) {
  const int port = serve([](const Request&) {
    Response response;
    response.headers = {{"Content-Type", "text/plain"}};
    response.stream = [](std::shared_ptr<StreamWriter> writer) {
      std::thread([writer] {
        for (int i = 0; i < 3; ++i) writer->write("part" + std::to_string(i));
        writer->close();
        EXPECT_FALSE(writer->write("late"));
      }).detach();
    };
    return response;
  });
  RawClient client(port);
  client.say(get("/"));
  const auto reply = client.hear("0\r\n\r\n");
  EXPECT_TRUE(has(reply, "Transfer-Encoding: chunked"));
  EXPECT_FALSE(has(reply, "Content-Length"));
  EXPECT_TRUE(has(reply, "5\r\npart0\r\n5\r\npart1\r\n5\r\npart2\r\n0\r\n\r\n"));
  client.say("GET / HTTP/1.0\r\n\r\n");  // kept, and plain for an old client
  const auto old = client.hear_all();
  EXPECT_TRUE(has(old, "\r\n\r\npart0part1part2"));
}

TEST_F(HttpDoor, AProducerCanFollowASlowClient) {
  std::promise<std::shared_ptr<StreamWriter>> handed;
  const int port = serve([&](const Request&) {
    Response response;
    response.stream = [&](std::shared_ptr<StreamWriter> writer) {
      handed.set_value(std::move(writer));
    };
    return response;
  });
  RawClient client(port);
  client.say(get("/"));
  const auto writer = handed.get_future().get();
  const std::string block(64 << 10, 'b');
  std::size_t sent = 0;
  while (writer->pending() <
         (1u << 20)) {  // the client reads nothing: socket buffers fill, then ours
    ASSERT_TRUE(writer->write(block));
    sent += block.size();
  }
  std::promise<void> room;
  writer->on_writable([&] { room.set_value(); });
  auto ready = room.get_future();
  std::thread reader([&] { EXPECT_GT(client.hear("0\r\n\r\n").size(), sent); });
  ready.wait();
  EXPECT_LT(writer->pending(), 64u << 10);
  writer->close();
  reader.join();
}

TEST_F(HttpDoor, AVanishedClientIsReported) {
  std::promise<void> gone;
  std::shared_ptr<StreamWriter> kept;
  std::promise<void> begun;
  const int port = serve([&](const Request&) {
    Response response;
    response.stream = [&](std::shared_ptr<StreamWriter> writer) {
      kept = std::move(writer);
      kept->on_gone([&] { gone.set_value(); });
      kept->write("hello");
      begun.set_value();
    };
    return response;
  });
  RawClient client(port);
  client.say(get("/"));
  client.hear("hello");
  begun.get_future().wait();
  client.leave();
  ASSERT_EQ(gone.get_future().wait_for(20s), std::future_status::ready);
  EXPECT_FALSE(kept->write("anyone?"));
  EXPECT_EQ(kept->pending(), 0u);
  bool at_once = false;
  kept->on_gone([&] { at_once = true; });
  EXPECT_TRUE(at_once);
}

TEST_F(HttpDoor, AWriterThatIsDroppedCutsTheBody) {
  const int port = serve([](const Request&) {
    Response response;
    response.stream = [](const std::shared_ptr<StreamWriter>& writer) { writer->write("half"); };
    return response;
  });
  RawClient client(port);
  client.say(get("/"));
  const auto reply = client.hear_all();
  EXPECT_TRUE(has(reply, "4\r\nhalf\r\n"));
  EXPECT_FALSE(has(reply, "0\r\n\r\n"));
}

// Sums up a body as it arrives.
Response count_stream(const Request& request) {
  char buffer[10'000];
  std::size_t sum = 0;
  ssize_t got = 0;
  while ((got = request.stream->read(buffer, sizeof buffer)) > 0)
    sum += static_cast<std::size_t>(got);
  return text(got == 0 ? "got " + std::to_string(sum) : "cut after " + std::to_string(sum));
}
bool is_upload(const Request& head) { return head.path == "/upload"; }

TEST_F(HttpDoor, StreamsABodyIn) {
  const int port = serve(Surface{
      [](const Request& r) { return r.stream ? count_stream(r) : text(r.body); }, is_upload, {}});
  RawClient client(port);
  const std::string big(20u << 20, 'u');  // more than the whole-body limit
  client.say("POST /upload HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: " +
             std::to_string(big.size()) + "\r\n\r\n");
  EXPECT_EQ(client.hear("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.say(big);
  EXPECT_TRUE(has(client.reply(), "got " + std::to_string(big.size())));
  client.say(
      "POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" +
      post("whole"));
  EXPECT_TRUE(has(client.reply(), "got 3"));
  EXPECT_TRUE(has(client.reply(), "whole"));
}

TEST_F(HttpDoor, SlowUploadsHoldNoWorkerAndReadersPushBack) {
  std::promise<void> go_on;
  auto gate = go_on.get_future().share();
  const int port = serve(Surface{[gate](const Request& r) {
                                   if (!r.stream) return text("quick");
                                   gate.wait();
                                   return count_stream(r);
                                 },
                                 is_upload,
                                 {}});
  std::vector<RawClient> slow;
  for (int i = 0; i < 8; ++i) {
    slow.emplace_back(port);
    slow.back().say("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n");
  }
  // Nobody reads yet: what the door takes is bounded, so the socket stops taking.
  const std::string block(1u << 20, 'z');
  std::size_t taken = 0;
  for (ssize_t put = 0; put >= 0 && taken < 90'000'000;) {
    put = ::send(slow[0].fd(), block.data(), block.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put > 0) taken += static_cast<std::size_t>(put);
    pollfd wait{slow[0].fd(), POLLOUT, 0};
    if (put < 0 && ::poll(&wait, 1, 200) == 1) put = 0;
  }
  EXPECT_LT(taken, 50'000'000u);
  RawClient quick(port);
  quick.say(get("/"));
  EXPECT_TRUE(has(quick.reply(), "quick"));
  go_on.set_value();
  slow.erase(slow.begin() + 1, slow.end());  // their readers see the end
  const std::string rest(100'000'000 - taken, 'z');
  slow[0].say(rest);
  EXPECT_TRUE(has(slow[0].reply(), "got 100000000"));
}

TEST_F(HttpDoor, AReaderLearnsOfNonsenseAndOfAnEarlyEnd) {
  std::promise<std::string> outcome;
  const int port = serve(Surface{[&](const Request& r) {
                                   auto response = count_stream(r);
                                   outcome.set_value(response.body);
                                   return response;
                                 },
                                 is_upload,
                                 {}});
  RawClient nonsense(port);
  nonsense.say(
      "POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n");
  EXPECT_EQ(nonsense.hear_all().substr(0, 12), "HTTP/1.1 400");
  EXPECT_TRUE(has(outcome.get_future().get(), "cut after"));
  outcome = {};
  RawClient leaver(port);
  leaver.say("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc");
  leaver.leave();
  EXPECT_TRUE(has(outcome.get_future().get(), "cut after"));
}

TEST_F(HttpDoor, AnUploadMayBeAnsweredBeforeItsEnd) {
  const int port =
      serve(Surface{[](const Request&) { return text("enough", 403); }, is_upload, {}});
  RawClient client(port);
  client.say("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc");
  const auto reply = client.hear_all();
  EXPECT_EQ(reply.substr(0, 12), "HTTP/1.1 403");
  EXPECT_TRUE(has(reply, "Connection: close"));
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

TEST(HttpDoorEnd, OpenStreamsAreCutWhenTheDoorGoes) {
  auto door = std::make_unique<Door>(2);
  auto fd = listen_tcp("127.0.0.1", 0);
  ASSERT_TRUE(fd.has_value());
  const int port = port_of(*fd);
  std::shared_ptr<StreamWriter> kept;
  std::atomic<bool> gone{false};
  std::promise<void> begun, reading;
  door->open(std::move(*fd), Surface{[&](const Request& r) {
                                       if (r.stream) {
                                         reading.set_value();
                                         return count_stream(r);
                                       }
                                       Response response;
                                       response.stream = [&](std::shared_ptr<StreamWriter> w) {
                                         kept = std::move(w);
                                         kept->on_gone([&] { gone = true; });
                                         begun.set_value();
                                       };
                                       return response;
                                     },
                                     is_upload,
                                     {}});
  RawClient out(port), in(port), idle(port);
  out.say(get("/"));
  in.say("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc");
  begun.get_future().wait();
  reading.get_future().wait();
  door.reset();
  EXPECT_TRUE(gone);
  EXPECT_FALSE(kept->write("late"));
  kept->close();
  kept.reset();
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

TEST_F(HttpDoor, NamesTheOwnerOfALoopbackPeer) {
  DoorLimits limits;
  limits.ask_peer_uid = true;
  const int port = serve(
      [](const Request& r) {
        return text(r.remote_uid ? std::to_string(*r.remote_uid) : "unknown");
      },
      limits);
  RawClient client(port);
  client.say(get("/"));
  const auto reply = client.reply();
  EXPECT_TRUE(has(reply, "\r\n\r\n" + std::to_string(::getuid()))) << reply;
}

TEST_F(HttpDoor, APeerThatHasClosedItsSocketHasNoOwner) {
  auto fd = listen_tcp("127.0.0.1", 0);
  ASSERT_TRUE(fd.has_value());
  RawClient client(port_of(*fd));
  client.say(get("/"));
  client.leave();  // before it is accepted: the kernel knows no process behind it any more
  DoorLimits limits;
  limits.ask_peer_uid = true;
  std::promise<bool> known;
  door_.open(std::move(*fd), Surface{[&](const Request& r) {
                                       known.set_value(r.remote_uid.has_value());
                                       return text("");
                                     },
                                     {},
                                     limits});
  EXPECT_FALSE(known.get_future().get());
}

// A folder of the test's own.
struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("drydock-door-" + std::to_string(::getpid()));
  Folder() { std::filesystem::create_directory(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
};

TEST_F(HttpDoor, UnixSocketsHaveTheirModeAndReplaceStaleFilesOnly) {
  const Folder folder;
  const std::string path = folder.path / "api.sock";
  auto fd = listen_unix(path, 0660, ::getgid());
  ASSERT_TRUE(fd.has_value());
  struct stat found {};
  ASSERT_EQ(::stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0660u);
  const auto second = listen_unix(path, 0660, ::getgid());
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Errc::kBusy);
  EXPECT_TRUE(has(second.error().message, path));
  fd->reset();
  auto third = listen_unix(path, 0600, ::getgid());
  ASSERT_TRUE(third.has_value());
  DoorLimits limits;
  limits.ask_peer_uid = true;
  door_.open(std::move(*third), Surface{[](const Request& r) {
                                          EXPECT_EQ(r.remote_uid, std::optional<uid_t>(::getuid()));
                                          return text("from unix" + r.remote_address);
                                        },
                                        {},
                                        limits});
  UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  path.copy(where.sun_path, sizeof where.sun_path - 1);
  ASSERT_EQ(::connect(client.get(), reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
  const auto request = get("/");
  ::send(client.get(), request.data(), request.size(), MSG_NOSIGNAL);
  char buffer[512];
  const auto got = ::recv(client.get(), buffer, sizeof buffer, 0);
  ASSERT_GT(got, 0);
  EXPECT_TRUE(has(std::string(buffer, static_cast<std::size_t>(got)), "from unix"));
  const std::string plain = folder.path / "file";
  UniqueFd(::open(plain.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  EXPECT_EQ(listen_unix(plain, 0600, 0).error().code, Errc::kExists);
  EXPECT_EQ(listen_unix(std::string(200, 'p'), 0600, 0).error().code, Errc::kInvalid);
}

TEST_F(HttpDoor, AHandlerTakesTheConnectionOver) {
  std::promise<std::string> early;
  auto told = early.get_future();
  const int port = serve([&](const Request&) {
    Response r;
    r.take_over = [&](const UniqueFd& socket, std::string bytes) {
      const std::string_view reply = "HTTP/1.1 101 Mine\r\n\r\nhello";
      ::send(socket.get(), reply.data(), reply.size(), MSG_NOSIGNAL);
      early.set_value(std::move(bytes));
    };
    return r;
  });
  RawClient client(port);
  client.say(get("/") + "more");
  EXPECT_EQ(client.hear_all(), "HTTP/1.1 101 Mine\r\n\r\nhello");
  EXPECT_EQ(told.get(), "more");
}

TEST_F(HttpDoor, AClientAsksForAnotherProtocol) {
  const int port = serve([](const Request& request) {
    if (header(request.headers, "Upgrade") != "echo") return Response{426, {}, "only echo", {}};
    Response r;
    r.take_over = [body = request.body](const UniqueFd& socket, const std::string&) {
      const std::string reply = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\n\r\n" + body;
      ::send(socket.get(), reply.data(), reply.size(), MSG_NOSIGNAL);
    };
    return r;
  });
  ClientRequest request;
  request.method = "POST";
  request.url = "http://127.0.0.1:" + std::to_string(port) + "/there";
  request.body = "to and fro";
  auto upgraded = upgrade(request, "echo");
  ASSERT_TRUE(upgraded) << upgraded.error().message;
  EXPECT_EQ(upgraded->response.status, 101);
  EXPECT_EQ(header(upgraded->response.headers, "Upgrade"), "echo");
  char buffer[64];
  while (upgraded->early.size() < request.body.size()) {
    const auto got = ::recv(upgraded->socket.get(), buffer, sizeof buffer, 0);
    ASSERT_GT(got, 0);
    upgraded->early.append(buffer, static_cast<std::size_t>(got));
  }
  EXPECT_EQ(upgraded->early, request.body);
  const auto other = upgrade(request, "other");
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_EQ(other->response.status, 426);
  EXPECT_EQ(other->response.body, "only echo");
  EXPECT_FALSE(other->socket);
  request.url = "http://127.0.0.1:1/";
  EXPECT_EQ(upgrade(request, "echo").error().code, Errc::kNotFound);
}

TEST(HttpListen, ATakenPortAndABadAddressAreNamed) {
  const auto first = listen_tcp("127.0.0.1", 0);
  ASSERT_TRUE(first.has_value());
  const auto second = listen_tcp("127.0.0.1", port_of(*first));
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Errc::kBusy);
  EXPECT_EQ(listen_tcp("localhost", 0).error().code, Errc::kInvalid);
  EXPECT_EQ(listen_tcp("127.0.0.1", 70000).error().code, Errc::kInvalid);
}

}  // namespace
}  // namespace drydock::http
