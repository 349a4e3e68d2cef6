#include <utility>  // Boost 1.74's asio/awaitable.hpp forgets it

#include "base/http/connection_internal.h"

#include <boost/asio/post.hpp>

namespace drydock::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Descriptor = asio::posix::stream_descriptor;

constexpr std::size_t kStreamThreads = 128;
constexpr std::size_t kDrainBytes = 1u << 20;
constexpr std::chrono::seconds kDrainTime{2};
constexpr std::size_t kKeptCapacity = 4u << 10;  // a larger buffer is given back between requests

}  // namespace

bool StreamThreads::start(std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  for (auto it = running_.begin(); it != running_.end();) {
    if (it->ended->load()) {
      it->thread.join();
      it = running_.erase(it);
    } else {
      ++it;
    }
  }
  if (running_.size() >= kStreamThreads) return false;
  auto ended = std::make_shared<std::atomic<bool>>(false);
  std::thread thread([work = std::move(work), ended]() mutable {
    work();
    work = nullptr;
    ended->store(true);
  });
  running_.push_back({std::move(thread), std::move(ended)});
  return true;
}

void StreamThreads::join() {
  std::list<Running> all;
  {
    const std::lock_guard lock(mutex_);
    all.swap(running_);
  }
  for (auto& one : all) one.thread.join();
}

Connection::Connection(Reactor& reactor, std::shared_ptr<Home> home, UniqueFd socket)
    : reactor_(reactor),
      home_(std::move(home)),
      peer_(peer_of(socket.get(), home_->surface.limits.ask_peer_uid)),
      socket_(reactor.io, socket.release()),
      timer_(reactor.io) {}

void Connection::start() {
  if (const auto& tls = home_->surface.tls) {
    tls_ = tls->begin(socket_.native_handle());
    if (!tls_) return drop();
  }
  await_head();
}

void Connection::turn_away() {
  if (home_->surface.tls) return drop();  // nothing can be said before the handshake
  refuse({503, "too many connections here; close some or try again later"});
}

void Connection::drop() {
  if (state_ == State::kDropped) return;
  if (state_ == State::kDrain) --home_->draining;
  state_ = State::kDropped;
  const auto self = shared_from_this();  // the home may hold the last reference
  error_code ignored;
  socket_.close(ignored);
  timer_.cancel(ignored);
  if (in_stream_) in_stream_->fail();
  home_->connections.erase(self);
  if (const auto stream = std::exchange(out_stream_, nullptr)) stream->gone();
}

void Connection::arm(std::chrono::seconds time) {
  const auto round = ++timer_round_;
  timer_.expires_after(time);
  timer_.async_wait([self = shared_from_this(), round](error_code ec) {
    if (!ec && round == self->timer_round_) self->timed_out();
  });
}

void Connection::timed_out() {
  const bool begun = state_ == State::kBody || (state_ == State::kHead && !in_.empty());
  if (begun) return refuse({408, "the request did not arrive in time"});
  drop();
}

ssize_t Connection::take(char* buffer, std::size_t size) {
  if (tls_) return tls_->recv(buffer, size);
  return ::recv(socket_.native_handle(), buffer, size, MSG_DONTWAIT);
}

ssize_t Connection::put(const char* data, std::size_t size) {
  if (tls_) return tls_->send(data, size);
  return ::send(socket_.native_handle(), data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

// ---- reading

bool Connection::wants_bytes() const {
  switch (state_) {
    case State::kHead:
    case State::kBody:
    case State::kBodyStream:
    case State::kDrain:
      return true;
    case State::kStream:  // only to see the client leave; what it sends early waits
      return in_.size() < home_->surface.limits.head_bytes;
    default:
      return false;
  }
}

void Connection::read_more() {
  if (reading_ || !wants_bytes()) return;
  reading_ = true;
  socket_.async_wait(Descriptor::wait_read, [self = shared_from_this()](error_code ec) {
    self->reading_ = false;
    if (!ec) self->on_readable();
  });
}

void Connection::on_readable() {
  if (!wants_bytes()) return;
  const ssize_t got = take(reactor_.scratch, sizeof reactor_.scratch);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return read_more();
  if (got <= 0) return drop();
  received({reactor_.scratch, static_cast<std::size_t>(got)});
}

void Connection::received(std::string_view bytes) {
  switch (state_) {
    case State::kHead:
      if (served_ && in_.empty()) arm(home_->surface.limits.head_time);
      in_ += bytes;
      return try_head();
    case State::kBody:
      return body_bytes(bytes);
    case State::kBodyStream:
      return body_stream_bytes(bytes);
    case State::kDrain:
      drained_ += bytes.size();
      return drained_ > kDrainBytes ? drop() : read_more();
    default:
      in_ += bytes;
      return read_more();
  }
}

// ---- the head

void Connection::await_head() {
  state_ = State::kHead;
  scanner_ = {};
  if (in_.capacity() > kKeptCapacity && in_.size() < kKeptCapacity) in_.shrink_to_fit();
  const auto& limits = home_->surface.limits;
  arm(served_ && in_.empty() ? limits.idle_time : limits.head_time);
  if (in_.empty()) return read_more();
  // Not from here: a long line of pipelined requests must not become a deep stack.
  asio::post(reactor_.io, [self = shared_from_this()] {
    if (self->state_ == State::kHead) self->try_head();
  });
}

void Connection::try_head() {
  const auto found = scanner_.scan(in_);
  const auto limit = home_->surface.limits.head_bytes;
  if (found == HeadScanner::Found::kBad)
    return refuse({400, "lines of a request head must end in CRLF"});
  if (scanner_.size() > limit)
    return refuse({431, "the request head is larger than " + std::to_string(limit) + " bytes"});
  if (found == HeadScanner::Found::kMore) return read_more();
  auto head = check_head(std::string_view(in_).substr(0, scanner_.size()));
  if (!head) return refuse(head.error());
  head_ = std::move(*head);
  in_.erase(0, scanner_.size());
  begin_request();
}

void Connection::begin_request() {
  const auto& surface = home_->surface;
  served_ = true;
  const bool has_body = head_.chunked || head_.length > 0;
  if (surface.streams_body) {
    auto request = request_of(head_.method, head_.target, head_.headers);
    request.remote_address = peer_.address;
    request.remote_port = peer_.port;
    request.remote_uid = peer_.uid;
    if (surface.streams_body(request)) return begin_body_stream(std::move(request));
  }
  body_.clear();
  decoder_.emplace(head_, surface.limits.body_bytes);
  if (decoder_->refused()) return refuse(*decoder_->refused());
  if (!has_body) return dispatch();
  state_ = State::kBody;
  arm(surface.limits.body_time);
  if (head_.expect_continue) send_bytes("HTTP/1.1 100 Continue\r\n\r\n");
  if (state_ == State::kBody) body_bytes(std::exchange(in_, {}));
}

// ---- bodies

void Connection::body_bytes(std::string_view wire) {
  const auto took = decoder_->feed(wire, body_);
  if (decoder_->refused()) return refuse(*decoder_->refused());
  if (!decoder_->done()) return read_more();
  in_.append(wire.substr(took));
  dispatch();
}

void Connection::begin_body_stream(Request request) {
  const auto& limits = home_->surface.limits;
  decoder_.emplace(head_, 0);
  auto stream = std::make_shared<InStream>([weak = weak_from_this(), &io = reactor_.io] {
    asio::post(io, [weak] {
      const auto self = weak.lock();
      if (!self || self->state_ != State::kBodyStream) return;
      self->arm(self->home_->surface.limits.body_time);
      self->read_more();
    });
  });
  in_stream_ = stream;
  state_ = State::kBodyStream;
  arm(limits.body_time);
  request.stream = stream.get();
  auto job = [self = shared_from_this(), stream, head = head_, request = std::move(request)] {
    self->work(head, request, [&] { return head.keep_alive && stream->finished(); });
  };
  if (!reactor_.stream_threads.start(std::move(job)))
    return refuse({503, "too many uploads and passed-on calls at once; try again later"});
  if (head_.expect_continue) send_bytes("HTTP/1.1 100 Continue\r\n\r\n");
  if (state_ == State::kBodyStream) body_stream_bytes(std::exchange(in_, {}));
}

void Connection::body_stream_bytes(std::string_view wire) {
  std::string decoded;
  const auto took = decoder_->feed(wire, decoded);
  const bool room = in_stream_->push(decoded);
  if (decoder_->refused()) return refuse(*decoder_->refused());
  if (decoder_->done()) {
    in_.append(wire.substr(took));
    in_stream_->finish();
    state_ = State::kBusy;
    timer_round_++;
    return;
  }
  if (!room) {
    timer_round_++;  // now it is the handler that is slow
    return;
  }
  arm(home_->surface.limits.body_time);
  read_more();
}

void Connection::dispatch() {
  state_ = State::kBusy;
  timer_round_++;
  auto request = std::make_shared<Request>();
  request->body = std::exchange(body_, {});
  request->remote_address = peer_.address;
  request->remote_port = peer_.port;
  request->remote_uid = peer_.uid;
  reactor_.workers->post([self = shared_from_this(), request, head = std::move(head_)] {
    self->work(head, std::move(*request), [&] { return head.keep_alive; });
  });
}

void Connection::work(const Head& head, Request request, const std::function<bool()>& may_keep) {
  auto answer =
      std::make_shared<Reply>(exchange(head, std::move(request), home_->surface.handler, may_keep));
  std::shared_ptr<OutStream> stream;
  if (answer->stream) {
    stream =
        std::make_shared<OutStream>(answer->chunked, [weak = weak_from_this(), &io = reactor_.io] {
          asio::post(io, [weak] {
            if (const auto self = weak.lock()) self->pump();
          });
        });
  }
  const auto begin = std::exchange(answer->stream, nullptr);
  asio::post(reactor_.io, [self = shared_from_this(), answer, stream] {
    self->reply(std::move(*answer), stream);
  });
  if (begin) begin(writer_of(stream));
}

// ---- replies

void Connection::refuse(const Refusal& refusal) {
  if (in_stream_) std::exchange(in_stream_, nullptr)->fail();
  in_.clear();
  state_ = State::kBusy;
  reply(refusal_reply(refusal), nullptr);
}

void Connection::reply(Reply reply, std::shared_ptr<OutStream> stream) {
  // A refused body stream has been answered already: its handler's reply comes too late.
  const bool late = state_ != State::kBusy && state_ != State::kBodyStream;
  if (late) {
    if (stream) stream->gone();
    return;
  }
  if (in_stream_) std::exchange(in_stream_, nullptr)->fail();
  if (reply.take_over) return hand_over(reply.take_over);
  keep_ = reply.keep;
  out_stream_ = std::move(stream);
  out_end_ = OutStream::End::kNotYet;
  state_ = out_stream_ ? State::kStream : State::kReply;
  send_bytes(std::move(reply.bytes));
  if (state_ == State::kStream) {
    read_more();
    pump();
  }
}

// Like drop(), but the socket lives on elsewhere.
void Connection::hand_over(const std::function<void(UniqueFd, std::string)>& take) {
  if (tls_) return drop();
  state_ = State::kDropped;
  const auto self = shared_from_this();
  error_code ignored;
  timer_.cancel(ignored);
  home_->connections.erase(self);
  take(UniqueFd(socket_.release()), std::move(in_));
}

void Connection::send_bytes(std::string bytes) {
  if (sent_ == out_.size()) {
    out_ = std::move(bytes);
    sent_ = 0;
  } else {
    out_ += bytes;
  }
  flush();
}

void Connection::flush() {
  if (writing_) return;
  while (sent_ < out_.size()) {
    const ssize_t n = put(out_.data() + sent_, out_.size() - sent_);
    if (n < 0 && errno == EINTR) continue;
    if (n == 0 || (n < 0 && errno != EAGAIN)) return drop();
    if (n < 0) break;
    sent_ += static_cast<std::size_t>(n);
    if (out_stream_) out_stream_->taken(static_cast<std::size_t>(n));
    if (state_ == State::kDropped) return;
  }
  if (sent_ == out_.size()) {
    out_ = {};
    sent_ = 0;
    return flushed();
  }
  if (state_ == State::kReply || state_ == State::kStream) arm(home_->surface.limits.write_time);
  writing_ = true;
  socket_.async_wait(Descriptor::wait_write, [self = shared_from_this()](error_code ec) {
    self->writing_ = false;
    if (!ec) self->flush();
  });
}

void Connection::flushed() {
  if (state_ == State::kStream) {
    timer_round_++;
    if (out_end_ == OutStream::End::kNotYet) {
      // Not from here: a quick producer must not make a deep stack.
      return asio::post(reactor_.io, [self = shared_from_this()] { self->pump(); });
    }
    if (out_end_ == OutStream::End::kAbandoned) return drop();
    out_stream_ = nullptr;
    state_ = State::kReply;
  }
  if (state_ != State::kReply) return;  // that was "100 Continue"
  if (keep_) return await_head();
  drain();
}

void Connection::pump() {
  if (state_ != State::kStream || sent_ < out_.size()) return;
  auto bytes = out_stream_->take(out_end_);
  if (bytes.empty() && out_end_ == OutStream::End::kNotYet) return;
  send_bytes(std::move(bytes));
}

// Closing with unread bytes would reset the connection and could destroy the reply on its way.
void Connection::drain() {
  state_ = State::kDrain;
  ++home_->draining;
  if (tls_) tls_->shutdown();
  ::shutdown(socket_.native_handle(), SHUT_WR);
  arm(kDrainTime);
  read_more();
}

}  // namespace drydock::http
