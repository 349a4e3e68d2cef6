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

// Who calls, unix sockets, and connections that change hands.
namespace drydock::http::test {
namespace {

using namespace std::chrono_literals;

class HttpSockets : public HttpDoor {};

TEST_F(HttpSockets, NamesTheOwnerOfALoopbackPeer) {
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

TEST_F(HttpSockets, APeerThatHasClosedItsSocketHasNoOwner) {
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

TEST_F(HttpSockets, UnixSocketsHaveTheirModeAndReplaceStaleFilesOnly) {
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

TEST_F(HttpSockets, AHandlerTakesTheConnectionOver) {
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

TEST_F(HttpSockets, AClientAsksForAnotherProtocol) {
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
}  // namespace drydock::http::test
