#include "control/events/socket_sink.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "base/http/door.h"
#include "base/logging.h"

namespace drydock::control::events {
namespace {

constexpr std::size_t kAtOnce = 64;

}  // namespace

Result<std::unique_ptr<SocketSink>> SocketSink::open(EventLog& log, const std::string& path,
                                                     gid_t group) {
  auto listener = http::listen_unix(path, 0660, group);
  if (!listener) return tl::unexpected(std::move(listener.error()).in("events.socket"));
  std::unique_ptr<SocketSink> sink(new SocketSink(log, path, std::move(*listener)));
  sink->begin();
  return sink;
}

SocketSink::SocketSink(EventLog& log, std::string path, UniqueFd listener)
    : log_(log), path_(std::move(path)), listener_(std::move(listener)) {}

SocketSink::~SocketSink() {
  log_.unwatch(watch_);
  loop_->stop();
  thread_.join();
  ::unlink(path_.c_str());
}

void SocketSink::begin() {
  // The loop may outlive this for one last call of the watch; what is posted then never runs.
  watch_ = log_.watch([this, loop = loop_] { loop->post([this] { send_all(); }); });
  thread_ = std::thread([this] {
    on_connect_ = loop_->readable(listener_.get(), [this] { accept_readers(); });
    loop_->run();
    on_connect_.cancel();
    readers_.clear();
  });
}

void SocketSink::accept_readers() {
  UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket) return;
  if (readers_.size() >= kMostReaders) {
    log::warn(path_ + " has " + std::to_string(kMostReaders) + " readers: no more are let in");
    return;
  }
  Reader& reader = readers_.emplace_back();
  reader.socket = std::move(socket);
  reader.writing.reset(::fcntl(reader.socket.get(), F_DUPFD_CLOEXEC, 0));
  reader.at = log_.last();
  reader.on_gone = loop_->readable(reader.socket.get(), [this, &reader] { hear(reader); });
}

// Readers have nothing to say: what can be read is their end.
void SocketSink::hear(Reader& reader) {
  char nothing[256];
  const ssize_t n = ::read(reader.socket.get(), nothing, sizeof nothing);
  if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR))) return;
  reader.gone = true;
  loop_->post([this] { drop_gone(); });
  reader.on_gone.cancel();
}

void SocketSink::drop_gone() {
  std::erase_if(readers_, [](const Reader& reader) { return reader.gone; });
}

void SocketSink::send_all() {
  for (Reader& reader : readers_)
    if (!reader.on_writable) send(reader);
  drop_gone();
}

void SocketSink::send(Reader& reader) {
  while (!reader.gone) {
    if (reader.rest.empty()) {
      const auto slice = log_.after(reader.at, kAtOnce);
      if (slice.missed > 0)
        log::warn(path_ + ": a reader is too slow and missed " + std::to_string(slice.missed) +
                  " events");
      for (const LoggedPtr& event : slice.events) {
        reader.rest += event->line + "\n";
        reader.at = event->sequence;
      }
      if (reader.rest.empty()) break;
    }
    const ssize_t n =
        ::send(reader.writing.get(), reader.rest.data(), reader.rest.size(), MSG_NOSIGNAL);
    if (n >= 0) {
      reader.rest.erase(0, static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      if (!reader.on_writable)
        reader.on_writable =
            loop_->writable(reader.writing.get(), [this, &reader] { send(reader); });
      return;
    } else if (errno != EINTR) {
      reader.gone = true;
      loop_->post([this] { drop_gone(); });
    }
  }
  reader.on_writable = {};
}

}  // namespace drydock::control::events
