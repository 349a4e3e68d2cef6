#include "base/http/open_answer.h"

#include <gtest/gtest.h>

#include "base/http/door.h"

namespace drydock::http {
namespace {

class OpenAnswers : public ::testing::Test {
 protected:
  void serve(const Handler& handler) {
    auto tcp = listen_tcp("127.0.0.1", 0);
    ASSERT_TRUE(tcp.has_value());
    base_ = "http://127.0.0.1:" + std::to_string(bound_port(tcp->get()).value_or(0));
    door_.open(std::move(*tcp),
               Surface{handler, [](const Request& r) { return r.path == "/up"; }, {}});
  }
  ClientRequest request(const std::string& target) const {
    ClientRequest r;
    r.url = base_ + target;
    return r;
  }
  static std::string all_of(OpenAnswer& answer) {
    std::string body;
    EXPECT_TRUE(answer.body([&](std::string_view bytes) {
      body += bytes;
      return true;
    }));
    return body;
  }

  std::string base_;
  Door door_{2};
};

TEST_F(OpenAnswers, TellTheHeadFirstAndAnyStatusesBody) {
  serve([](const Request&) { return Response{404, {{"X-One", "1"}}, "not here", {}}; });
  auto answer = OpenAnswer::fetch(request("/"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ((*answer)->head().status, 404);
  EXPECT_EQ(header((*answer)->head().headers, "X-One"), "1");
  EXPECT_EQ(all_of(**answer), "not here");
}

TEST_F(OpenAnswers, ABodyOfKnownLengthGoesWithoutChunks) {
  serve([](const Request& r) {
    std::string body;
    char buffer[4096];
    for (ssize_t n = 0; (n = r.stream->read(buffer, sizeof buffer)) > 0;)
      body.append(buffer, static_cast<std::size_t>(n));
    return Response{200,
                    {},
                    std::string(header(r.headers, "Content-Length")) + " " +
                        std::string(header(r.headers, "User-Agent")) + " " +
                        std::to_string(body.size()),
                    {}};
  });
  ClientRequest up = request("/up");
  up.method = "PUT";
  up.bare = true;
  std::size_t left = 3u << 20;
  up.body_length = left;
  up.body_source = [&](char* buffer, std::size_t size) {
    const auto n = std::min(size, left);
    std::fill_n(buffer, n, 'x');
    left -= n;
    return static_cast<ssize_t>(n);
  };
  auto answer = OpenAnswer::fetch(std::move(up));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(all_of(**answer), "3145728  3145728");
}

TEST_F(OpenAnswers, AStreamOfKnownLengthSaysSo) {
  serve([](const Request&) {
    Response r;
    r.stream_length = 6;
    r.stream = [](const std::shared_ptr<StreamWriter>& writer) {
      writer->write("abc");
      writer->write("def");
      writer->close();
    };
    return r;
  });
  auto answer = OpenAnswer::fetch(request("/"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(header((*answer)->head().headers, "Content-Length"), "6");
  EXPECT_EQ(header((*answer)->head().headers, "Transfer-Encoding"), "");
  EXPECT_EQ(all_of(**answer), "abcdef");
}

TEST_F(OpenAnswers, AHeadRequestTellsTheLengthItDoesNotGet) {
  serve([](const Request&) {
    Response r;
    r.stream_length = 1u << 30;
    return r;
  });
  ClientRequest head = request("/");
  head.method = "HEAD";
  auto answer = OpenAnswer::fetch(std::move(head));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(header((*answer)->head().headers, "Content-Length"), "1073741824");
  EXPECT_EQ(all_of(**answer), "");
}

TEST_F(OpenAnswers, ACutBodyIsAnError) {
  serve([](const Request&) {
    Response r;
    r.stream_length = 6;
    r.stream = [](const std::shared_ptr<StreamWriter>& writer) { writer->write("abc"); };
    return r;
  });
  auto answer = OpenAnswer::fetch(request("/"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_FALSE((*answer)->body([](std::string_view) { return true; }));
}

TEST_F(OpenAnswers, SomebodyWhoIsNotThereIsNotFoundAndACancelledOneIsCancelled) {
  serve([](const Request&) { return Response{}; });
  ClientRequest gone;
  gone.url = "http://127.0.0.1:1/";
  EXPECT_EQ(OpenAnswer::fetch(std::move(gone)).error().code, Errc::kNotFound);
  // It listens and never answers.
  auto deaf = listen_tcp("127.0.0.1", 0);
  ASSERT_TRUE(deaf);
  ClientRequest waiting;
  waiting.url = "http://127.0.0.1:" + std::to_string(*bound_port(deaf->get()));
  waiting.cancelled = [] { return true; };
  EXPECT_EQ(OpenAnswer::fetch(std::move(waiting)).error().code, Errc::kCancelled);
}

}  // namespace
}  // namespace drydock::http
