#pragma once
#include <sys/socket.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_set>

#include "base/http/body_decoder.h"
#include "base/http/door.h"
#include "base/http/exchange.h"
#include "base/http/peer.h"
#include "base/http/streams.h"
#include "base/loop.h"

// One connection of the door, on the reactor's thread. Private to base/http.
namespace drydock::http {

// Threads of handlers that read their body while it arrives.
class StreamThreads {
 public:
  // False when too many run already.
  bool start(std::function<void()> work);
  void join();

 private:
  struct Running {
    std::thread thread;
    std::shared_ptr<std::atomic<bool>> ended;
  };
  std::mutex mutex_;
  std::list<Running> running_;
};

struct Reactor {
  boost::asio::io_context io{1};
  std::unique_ptr<WorkerPool> workers;
  StreamThreads stream_threads;
  char scratch[64u << 10];  // every socket is read through here: an idle connection owns no buffer
};

class Connection;
// What the connections of one listening socket share.
struct Home {
  Surface surface;
  std::unordered_set<std::shared_ptr<Connection>> connections;
  std::size_t draining = 0;  // of these, answered and only waiting for the client to close
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Reactor& reactor, std::shared_ptr<Home> home, UniqueFd socket);
  void start();
  void turn_away();  // 503: too many connections
  void drop();       // closes the socket at once

 private:
  enum class State { kHead, kBody, kBodyStream, kBusy, kReply, kStream, kDrain, kDropped };
  using Clock = std::chrono::steady_clock;

  void await_head();
  void try_head();
  void begin_request();
  void begin_body_stream(Request request);
  void body_bytes(std::string_view wire);
  void body_stream_bytes(std::string_view wire);
  void dispatch();
  void refuse(const Refusal& refusal);

  // As recv(2) and send(2) without waiting, through TLS where the surface has it.
  ssize_t take(char* buffer, std::size_t size);
  ssize_t put(const char* data, std::size_t size);
  void read_more();
  void on_readable();
  void received(std::string_view bytes);
  bool wants_bytes() const;

  void reply(Reply reply, std::shared_ptr<OutStream> stream);
  void hand_over(const std::function<void(UniqueFd, std::string)>& take);
  void send_bytes(std::string bytes);
  void flush();
  void flushed();
  void pump();
  void drain();
  void arm(std::chrono::seconds time);
  void timed_out();
  // Runs the handler on the present thread and posts its reply to the reactor.
  void work(const Head& head, Request request, const std::function<bool()>& may_keep);

  Reactor& reactor_;
  std::shared_ptr<Home> home_;
  const Peer peer_;
  boost::asio::posix::stream_descriptor socket_;
  std::unique_ptr<TlsStream> tls_;  // null: in the clear
  boost::asio::steady_timer timer_;
  unsigned timer_round_ = 0;
  State state_ = State::kHead;
  bool reading_ = false;
  bool writing_ = false;
  bool served_ = false;
  std::string in_;  // bytes received and not yet understood
  HeadScanner scanner_;
  Head head_;
  std::string body_;
  std::optional<BodyDecoder> decoder_;
  std::shared_ptr<InStream> in_stream_;
  std::shared_ptr<OutStream> out_stream_;
  OutStream::End out_end_ = OutStream::End::kNotYet;
  std::string out_;
  std::size_t sent_ = 0;
  bool keep_ = false;
  std::size_t drained_ = 0;
};

}  // namespace drydock::http
