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

// Bodies that are read and written while they travel.
namespace drydock::http::test {
namespace {

using namespace std::chrono_literals;

class HttpStreams : public HttpDoor {};

TEST_F(HttpStreams, StreamsABodyOutInChunks) {
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

TEST_F(HttpStreams, AProducerCanFollowASlowClient) {
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

TEST_F(HttpStreams, AVanishedClientIsReported) {
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

TEST_F(HttpStreams, AWriterThatIsDroppedCutsTheBody) {
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

TEST_F(HttpStreams, StreamsABodyIn) {
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

TEST_F(HttpStreams, SlowUploadsHoldNoWorkerAndReadersPushBack) {
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

TEST_F(HttpStreams, AReaderLearnsOfNonsenseAndOfAnEarlyEnd) {
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

TEST_F(HttpStreams, AnUploadMayBeAnsweredBeforeItsEnd) {
  const int port =
      serve(Surface{[](const Request&) { return text("enough", 403); }, is_upload, {}});
  RawClient client(port);
  client.say("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc");
  const auto reply = client.hear_all();
  EXPECT_EQ(reply.substr(0, 12), "HTTP/1.1 403");
  EXPECT_TRUE(has(reply, "Connection: close"));
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

}  // namespace
}  // namespace drydock::http::test
