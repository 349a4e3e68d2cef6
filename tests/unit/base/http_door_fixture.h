#pragma once
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "base/http/door.h"

// A door on a free port, and a client that knows no manners.
namespace drydock::http::test {

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

inline int port_of(const UniqueFd& fd) {
  sockaddr_in where{};
  socklen_t size = sizeof where;
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&where), &size);
  return ntohs(where.sin_port);
}

inline Response text(std::string body, int status = 200) {
  return {status, {{"Content-Type", "text/plain"}}, std::move(body), {}};
}

inline std::string get(const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n";
}
inline std::string post(const std::string& body, const std::string& more = "") {
  return "POST /echo HTTP/1.1\r\nHost: x\r\n" + more +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
inline constexpr char kChunkedPost[] =
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

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

}  // namespace drydock::http::test
