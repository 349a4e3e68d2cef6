#include "logrouter/drivers/writer.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

namespace drydock::logrouter {
namespace {

constexpr int kPatience = 3;  // seconds

class WrittenDestination final : public Destination {
 public:
  WrittenDestination(const DriverRoom& room, std::unique_ptr<LogWriter> writer, Appetite appetite)
      : room_(room), writer_(std::move(writer)), appetite_(appetite) {
    appetite_.in_flight = 1;  // two threads would mix them up
  }

  void deliver(std::shared_ptr<const Batch> batch, Done done) override {
    room_.lanes->post(writer_->address(),
                      [writer = writer_, batch = std::move(batch), done = std::move(done),
                       loop = room_.loop, alive = std::weak_ptr<int>(alive_)] {
                        Answer answer = writer->write(*batch);
                        loop->post([done, alive, answer = std::move(answer)] {
                          if (!alive.expired()) done(answer);
                        });
                      });
  }
  Appetite appetite() const override { return appetite_; }

 private:
  DriverRoom room_;
  std::shared_ptr<LogWriter> writer_;
  Appetite appetite_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

Result<UniqueFd> connected(int family, int type, const sockaddr* to, socklen_t size,
                           const std::string& name) {
  UniqueFd fd(::socket(family, type | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno("make a socket");
  const timeval limit{kPatience, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (::connect(fd.get(), to, size) != 0) return fail_errno("connect to " + name);
  return fd;
}

Result<UniqueFd> connected_by_name(const LogAddress& address) {
  const bool udp = address.kind == LogAddress::Kind::kUdp;
  addrinfo wanted{};
  wanted.ai_socktype = udp ? SOCK_DGRAM : SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int wrong = ::getaddrinfo(address.host.c_str(), address.port.c_str(), &wanted, &found);
      wrong != 0)
    return fail(Errc::kBusy, "find " + address.text + ": " + ::gai_strerror(wrong));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> all(found, ::freeaddrinfo);
  Result<UniqueFd> last = fail(Errc::kBusy, address.text + " has no address");
  for (const addrinfo* a = found; a && !last; a = a->ai_next)
    last = connected(a->ai_family, a->ai_socktype, a->ai_addr, a->ai_addrlen, address.text);
  return last;
}

}  // namespace

std::unique_ptr<Destination> written_by(const DriverRoom& room, std::unique_ptr<LogWriter> writer,
                                        Destination::Appetite appetite) {
  return std::make_unique<WrittenDestination>(room, std::move(writer), appetite);
}

Status LogSocket::connect() {
  if (address_.path.empty()) {
    DRYDOCK_LET(fd_, connected_by_name(address_));
    return {};
  }
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.path.c_str(), address_.path.size() + 1);
  DRYDOCK_LET(fd_, connected(AF_UNIX, is_datagram() ? SOCK_DGRAM : SOCK_STREAM,
                             reinterpret_cast<const sockaddr*>(&to), sizeof to, address_.text));
  return {};
}

// A stream whose peer has closed would let one more write vanish.
bool LogSocket::peer_gone() const {
  pollfd p{fd_.get(), POLLRDHUP, 0};
  return !is_datagram() && ::poll(&p, 1, 0) > 0 &&
         (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

Status LogSocket::send(std::string_view bytes) {
  if (fd_ && peer_gone()) fd_.reset();
  if (!fd_) DRYDOCK_TRY(connect());
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    // An earlier datagram was not taken, which says nothing of this one.
    if (n < 0 && errno == ECONNREFUSED && address_.kind == LogAddress::Kind::kUdp) continue;
    if (n < 0) {
      auto failed = fail_errno("send to " + address_.text);
      fd_.reset();
      return failed;
    }
    bytes.remove_prefix(is_datagram() ? bytes.size() : static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace drydock::logrouter
