#include "base/http/client.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <future>

#include "base/http/door.h"

namespace drydock::http {
namespace {

// A door on a unix socket and one on a TCP port, both behind the same handler.
class HttpClient : public ::testing::Test {
 protected:
  HttpClient() {
    folder_ =
        std::filesystem::temp_directory_path() / ("drydock-client-" + std::to_string(::getpid()));
    std::filesystem::create_directory(folder_);
    path_ = folder_ + "/s";
  }
  ~HttpClient() override { std::filesystem::remove_all(folder_); }
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  void serve(const Handler& handler) {
    auto local = listen_unix(path_, 0600, ::getgid());
    ASSERT_TRUE(local.has_value());
    door_.open(std::move(*local),
               Surface{handler, [](const Request& r) { return r.path == "/upload"; }, {}});
    auto tcp = listen_tcp("127.0.0.1", 0);
    ASSERT_TRUE(tcp.has_value());
    sockaddr_in where{};
    socklen_t size = sizeof where;
    ::getsockname(tcp->get(), reinterpret_cast<sockaddr*>(&where), &size);
    base_ = "http://127.0.0.1:" + std::to_string(ntohs(where.sin_port));
    door_.open(std::move(*tcp), Surface{handler, {}, {}});
  }
  ClientRequest request(const std::string& target) const {
    ClientRequest r;
    r.url = "http://localhost" + target;
    r.unix_socket = path_;
    return r;
  }

  std::string folder_;
  std::string path_;
  std::string base_;
  Door door_{2};
};

TEST_F(HttpClient, SendsMethodHeadersAndBodyAndReadsTheAnswer) {
  serve([](const Request& r) {
    return Response{201,
                    {{"X-Seen", std::string(header(r.headers, "X-Sent"))}},
                    r.method + " " + r.target + " " + r.body,
                    {}};
  });
  auto r = request("/a/../b?c=d");
  r.method = "PUT";
  r.headers = {{"X-Sent", "v"}};
  r.body = "data";
  const auto unix_answer = fetch(r);
  ASSERT_TRUE(unix_answer.has_value()) << unix_answer.error().message;
  EXPECT_EQ(unix_answer->status, 201);
  EXPECT_EQ(unix_answer->body, "PUT /a/../b?c=d data");
  EXPECT_EQ(header(unix_answer->headers, "x-seen"), "v");
  ClientRequest tcp;
  tcp.url = base_ + "/tcp";
  const auto answer = fetch(tcp);
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->body, "GET /tcp ");
  tcp.method = "HEAD";
  EXPECT_EQ(fetch(tcp)->body, "");
}

TEST_F(HttpClient, StreamsBothWays) {
  serve([](const Request& r) {
    std::size_t sum = 0;
    char buffer[4096];
    for (ssize_t got = 0; r.stream != nullptr && (got = r.stream->read(buffer, sizeof buffer)) > 0;)
      sum += static_cast<std::size_t>(got);
    Response response;
    response.stream = [sum](const std::shared_ptr<StreamWriter>& writer) {
      writer->write("sum ");
      writer->write(std::to_string(sum));
      writer->close();
    };
    return response;
  });
  auto r = request("/upload");
  r.method = "POST";
  int blocks = 0;
  r.body_source = [&](char* buffer, std::size_t size) -> ssize_t {
    if (blocks++ == 50) return 0;
    const auto part = std::min<std::size_t>(size, 10'000);
    std::fill_n(buffer, part, 'x');
    return static_cast<ssize_t>(part);
  };
  std::string seen;
  r.on_data = [&](std::string_view bytes) {
    seen += bytes;
    return true;
  };
  const auto answer = fetch(r);
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(seen, "sum 500000");
  EXPECT_EQ(answer->body, "");
}

TEST_F(HttpClient, AnErrorsBodyIsCollectedAndAStoppedTransferIsNoError) {
  serve([](const Request& r) {
    return Response{r.path == "/bad" ? 400 : 200, {}, std::string(100'000, 'y'), {}};
  });
  auto r = request("/bad");
  int calls = 0;
  r.on_data = [&](std::string_view) {
    ++calls;
    return false;
  };
  auto answer = fetch(r);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(answer->body.size(), 100'000u);
  r.url = "http://localhost/good";
  answer = fetch(r);
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(calls, 1);
}

TEST_F(HttpClient, FailuresHaveACodeAndNameTheirRequest) {
  const auto nobody = fetch(request("/"));
  ASSERT_FALSE(nobody.has_value());
  EXPECT_EQ(nobody.error().code, Errc::kNotFound);
  EXPECT_NE(nobody.error().message.find(path_), std::string::npos);
  ClientRequest refused;
  refused.url = "http://127.0.0.1:1/";
  EXPECT_EQ(fetch(refused).error().code, Errc::kNotFound);
  EXPECT_EQ(fetch(refused).error().sys, ECONNREFUSED);
  refused.url = "file:///etc/passwd";
  EXPECT_EQ(fetch(refused).error().code, Errc::kInvalid);
  std::promise<void> end;
  auto gate = end.get_future().share();
  serve([gate](const Request& r) {
    if (r.path == "/wait") gate.wait();
    char byte = 0;
    while (r.stream != nullptr && r.stream->read(&byte, 1) > 0) {
    }
    return Response{200, {}, std::string(1000, 'z'), {}};
  });
  auto large = request("/");
  large.max_body = 999;
  EXPECT_EQ(fetch(large).error().code, Errc::kInvalid);
  auto slow = request("/wait");
  slow.total_timeout = std::chrono::milliseconds(50);
  EXPECT_EQ(fetch(slow).error().code, Errc::kBusy);
  end.set_value();
  auto broken = request("/upload");
  broken.method = "POST";
  broken.body_source = [](char*, std::size_t) -> ssize_t { return -1; };
  EXPECT_EQ(fetch(broken).error().code, Errc::kInvalid);
}

}  // namespace
}  // namespace drydock::http
