#pragma once
#include <list>
#include <memory>
#include <string>
#include <thread>

#include "base/loop.h"
#include "base/unique_fd.h"
#include "control/events/log.h"

namespace drydock::control::events {

// A unix socket: whoever connects reads the events that come from then on, a line of JSON each. Has
// a thread. A reader that is slower than the log is told nothing: the daemon's log says what it
// missed.
class SocketSink {
 public:
  static constexpr std::size_t kMostReaders = 64;

  // Members of `group` may connect.
  static Result<std::unique_ptr<SocketSink>> open(EventLog& log, const std::string& path,
                                                  gid_t group);
  ~SocketSink();
  SocketSink(const SocketSink&) = delete;
  SocketSink& operator=(const SocketSink&) = delete;

 private:
  struct Reader {
    UniqueFd socket, writing;  // a duplicate: a descriptor has one watch
    std::uint64_t at = 0;
    std::string rest;  // of lines that the socket did not take yet
    Loop::Handle on_gone, on_writable;
    bool gone = false;
  };

  SocketSink(EventLog& log, std::string path, UniqueFd listener);
  void begin();
  void accept_readers();
  void send_all();
  void send(Reader& reader);
  void hear(Reader& reader);
  void drop_gone();

  EventLog& log_;
  std::string path_;
  UniqueFd listener_;
  std::shared_ptr<Loop> loop_ = std::make_shared<Loop>();
  Loop::Handle on_connect_;
  std::list<Reader> readers_;
  int watch_ = 0;
  std::thread thread_;
};

}  // namespace drydock::control::events
