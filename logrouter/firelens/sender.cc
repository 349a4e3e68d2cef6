#include "logrouter/firelens/sender.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "base/ids.h"
#include "logrouter/firelens/message_pack.h"
#include "logrouter/firelens/router_socket.h"

namespace drydock::logrouter {
namespace {

constexpr std::size_t kLongestAnswer = 4096;
constexpr int kBuffer = 512 << 10;  // of the kernel, for one connection
// A router that does not acknowledge: whether it has read everything is asked for.
constexpr std::chrono::milliseconds kLook{5};
constexpr std::chrono::milliseconds kSlowLook{100};
constexpr int kQuietLooks = 50;  // five seconds: it has read a chunk and will not answer

}  // namespace

Result<std::unique_ptr<Destination>> RouterSender::make(const DriverRoom& room,
                                                        const LogSource& source) {
  return std::make_unique<RouterSender>(room, source);
}

RouterSender::RouterSender(const DriverRoom& room, const LogSource& source)
    : room_(room),
      encoder_(source),
      folder_(source.router_socket),
      session_(random_hex(4)),
      may_acknowledge_(source.router_type != "fluentd"),
      acknowledges_(source.router_type == "builtin") {}

Destination::Appetite RouterSender::appetite() const {
  Appetite a;
  a.entries = 1024;
  a.in_flight = 3;
  return a;
}

void RouterSender::deliver(std::shared_ptr<const Batch> batch, Done done) {
  Chunk chunk;
  chunk.id = chunk_id(next_chunk_++);
  chunk.data = encoder_.message(*batch, may_acknowledge_ ? chunk.id : std::string());
  chunk.done = std::move(done);
  if (chunk.data.empty() && chunks_.empty()) return chunk.done({});  // gaps only
  chunk.whole = chunk.data.empty();
  chunks_.push_back(std::move(chunk));
  if (!socket_)
    if (auto connected = connect(); !connected) return lost(connected.error().message);
  send();
}

// Grows with its number, also as text.
std::string RouterSender::chunk_id(std::uint64_t number) const {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(number));
  return session_ + digits;
}

// A chunk that was taken for accepted because the router had read it.
bool RouterSender::was_presumed(std::string_view id) const {
  const std::string first = chunks_.empty() ? chunk_id(next_chunk_) : chunks_.front().id;
  return presumes_ && id.size() == first.size() && id.starts_with(session_) && id < first;
}

Status RouterSender::connect() {
  auto made = connect_router(folder_);
  if (!made) {
    if (made.error().code == Errc::kNotFound || made.error().sys == ECONNREFUSED)
      return fail(Errc::kNotFound,
                  std::string("the log router ") +
                      (was_connected_ ? "no longer listens on /var/run/fluent.sock"
                                      : "does not listen on /var/run/fluent.sock yet"));
    return tl::unexpected(std::move(made.error()));
  }
  socket_ = std::move(*made);
  was_connected_ = true;
  (void)::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDBUF, &kBuffer, sizeof kBuffer);
  // A second descriptor, to wait for room while answers are waited for.
  writing_.reset(::fcntl(socket_.get(), F_DUPFD_CLOEXEC, 3));
  if (!writing_) return fail_errno("watch the log router's socket");
  answer_.clear();
  on_answer_ = room_.loop->readable(socket_.get(), [this] { receive(); });
  return {};
}

void RouterSender::send() {
  on_room_.cancel();
  for (Chunk& chunk : chunks_) {
    if (chunk.whole) continue;
    while (chunk.sent < chunk.data.size()) {
      const ssize_t n = ::send(socket_.get(), chunk.data.data() + chunk.sent,
                               chunk.data.size() - chunk.sent, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) {
        on_room_ = room_.loop->writable(writing_.get(), [this] { send(); });
        return;
      }
      if (n < 0) return lost(fail_errno("write to the log router").value().message);
      chunk.sent += static_cast<std::size_t>(n);
    }
    chunk.data = {};
    chunk.whole = true;
  }
  if (!acknowledges_) wait_for_reading();
}

void RouterSender::receive() {
  std::array<char, 1024> data;
  for (;;) {
    const ssize_t n = ::recv(socket_.get(), data.data(), data.size(), MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0) return lost(fail_errno("read from the log router").value().message);
    if (n == 0) return lost("the log router closed the connection");
    answer_.append(data.data(), static_cast<std::size_t>(n));
    if (answer_.size() > kLongestAnswer) break;
  }
  std::size_t used = 0;
  while (const auto ack = msgpack::read_ack(std::string_view(answer_).substr(used))) {
    const bool awaited = !chunks_.empty() && ack->chunk == chunks_.front().id;
    if (ack->size == 0 || !(awaited || was_presumed(ack->chunk)))
      return lost("the log router acknowledged a chunk that it was not sent");
    used += ack->size;
    acknowledges_ = true;
    reading_timer_.cancel();
    if (awaited) accepted();
  }
  answer_.erase(0, used);
  if (answer_.size() > kLongestAnswer)
    lost("the log router answered with more than an acknowledgement");
}

// The first chunk has arrived; so have those behind it that hold nothing.
void RouterSender::accepted() {
  do {
    const Done done = std::move(chunks_.front().done);
    chunks_.pop_front();
    done({});
  } while (!chunks_.empty() && chunks_.front().whole && chunks_.front().sent == 0);
}

// The kernel does not tell when the other side has read: it is asked, while something is under way.
void RouterSender::wait_for_reading() {
  if (reading_timer_ || chunks_.empty()) return;
  const bool asked = may_acknowledge_ && !presumes_;
  reading_timer_ = room_.loop->after(asked ? kSlowLook : kLook, [this] {
    reading_timer_.cancel();
    if (chunks_.empty() || acknowledges_) return;
    int unread = 0;
    const bool told = ::ioctl(socket_.get(), SIOCOUTQ, &unread) == 0;
    const bool all_read = told && unread == 0 && chunks_.back().whole;
    quiet_looks_ = all_read ? quiet_looks_ + 1 : 0;
    if (all_read && (!may_acknowledge_ || presumes_ || quiet_looks_ >= kQuietLooks)) {
      presumes_ = true;
      while (!chunks_.empty()) accepted();
    }
    wait_for_reading();
  });
}

// All that is under way comes again.
void RouterSender::lost(const std::string& reason) {
  on_answer_.cancel();
  on_room_.cancel();
  reading_timer_.cancel();
  writing_.reset();
  socket_.reset();
  quiet_looks_ = 0;
  presumes_ = false;
  if (chunks_.empty()) return;
  const Done done = std::move(chunks_.front().done);
  chunks_.clear();
  done(Answer::later(reason));
}

}  // namespace drydock::logrouter
