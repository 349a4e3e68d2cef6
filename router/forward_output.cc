#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <memory>

#include "base/ids.h"
#include "base/unique_fd.h"
#include "logrouter/builtin/forward_decoder.h"
#include "router/output.h"

// Output forward: to another Fluent Bit or Fluentd.
namespace drydock::router {
namespace {

constexpr int kPatience = 20;  // seconds

Result<UniqueFd> with_limits(UniqueFd fd, const std::string& name, const sockaddr* to,
                             socklen_t size) {
  const timeval limit{kPatience, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (::connect(fd.get(), to, size) != 0) return fail_errno("connect to " + name);
  return fd;
}

Result<UniqueFd> connect_unix(const std::string& path) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path.size() >= sizeof to.sun_path)
    return fail(Errc::kInvalid, path + " is too long for a socket");
  std::memcpy(to.sun_path, path.c_str(), path.size() + 1);
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno("make a socket");
  return with_limits(std::move(fd), path, reinterpret_cast<const sockaddr*>(&to), sizeof to);
}

Result<UniqueFd> connect_tcp(const std::string& host, const std::string& port) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string name = host + ":" + port;
  if (const int wrong = ::getaddrinfo(host.c_str(), port.c_str(), &wanted, &found); wrong != 0)
    return fail(Errc::kBusy, "find " + name + ": " + ::gai_strerror(wrong));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> all(found, ::freeaddrinfo);
  Result<UniqueFd> last = fail(Errc::kBusy, name + " has no address");
  for (const addrinfo* a = found; a; a = a->ai_next) {
    UniqueFd fd(::socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd) continue;
    last = with_limits(std::move(fd), name, a->ai_addr, a->ai_addrlen);
    if (last) break;
  }
  return last;
}

void put_big_endian(std::string& out, std::uint64_t n, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out += static_cast<char>(n >> shift & 0xff);
}

void put_text(std::string& out, const std::string& text) {
  out += '\xdb';
  put_big_endian(out, text.size(), 4);
  out += text;
}

class ForwardOutput final : public Output {
 public:
  explicit ForwardOutput(const logrouter::RouterSection& section)
      : path_(section.get("Unix_Path")),
        host_(value_or(section, "Host", "127.0.0.1")),
        port_(value_or(section, "Port", "24224")),
        tag_(section.get("Tag")),
        seconds_(is_on(section.get("Time_as_Integer"))),
        ack_(is_on(section.get("Require_ack_response"))) {}

  Status write(const LogEvents& events) override {
    for (std::size_t i = 0; i < events.size();) {
      std::size_t end = i;
      while (end < events.size() && events[end].tag == events[i].tag) ++end;
      DRYDOCK_TRY(send(events, i, end));
      i = end;
    }
    return {};
  }

 private:
  Status send(const LogEvents& events, std::size_t begin, std::size_t end) {
    std::string entries;
    for (std::size_t i = begin; i < end; ++i) {
      const auto ns = static_cast<std::uint64_t>(events[i].time.time_since_epoch().count());
      entries += '\x92';
      entries += seconds_ ? std::string("\xce") : std::string("\xd7\0", 2);
      put_big_endian(entries, ns / 1000000000, 4);
      if (!seconds_) put_big_endian(entries, ns % 1000000000, 4);
      entries += events[i].record;
    }
    const std::string chunk = ack_ ? random_hex(16) : std::string();
    std::string message = ack_ ? "\x93" : "\x92";
    put_text(message, tag_.empty() ? events[begin].tag : tag_);
    message += '\xc6';
    put_big_endian(message, entries.size(), 4);
    message += entries;
    if (ack_) {
      message += '\x81';
      put_text(message, "chunk");
      put_text(message, chunk);
    }
    auto sent = exchange(message, chunk);
    if (!sent) socket_.reset();
    return sent;
  }

  Status exchange(std::string_view message, const std::string& chunk) {
    if (gone()) socket_.reset();
    if (!socket_) {
      DRYDOCK_LET(socket_, path_.empty() ? connect_tcp(host_, port_) : connect_unix(path_));
    }
    while (!message.empty()) {
      const ssize_t n = ::send(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return fail_errno("send to " + name());
      message.remove_prefix(static_cast<std::size_t>(n));
    }
    if (chunk.empty()) return {};
    char buffer[512];
    const ssize_t n = ::recv(socket_.get(), buffer, sizeof buffer, 0);
    if (n <= 0) return fail(Errc::kBusy, name() + " does not acknowledge");
    const bool right =
        std::string_view(buffer, static_cast<std::size_t>(n)).find(chunk) != std::string_view::npos;
    return right ? Status() : fail(Errc::kBusy, name() + " acknowledged something else");
  }

  // A receiver that has closed would let one more message vanish.
  bool gone() const {
    pollfd p{socket_.get(), POLLIN | POLLRDHUP, 0};
    return socket_ && ::poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLRDHUP | POLLERR)) != 0;
  }
  std::string name() const { return path_.empty() ? host_ + ":" + port_ : path_; }

  std::string path_, host_, port_, tag_;
  bool seconds_, ack_;
  UniqueFd socket_;
};

}  // namespace

Result<std::unique_ptr<Output>> make_forward(const logrouter::RouterSection& section) {
  return std::make_unique<ForwardOutput>(section);
}

}  // namespace drydock::router
