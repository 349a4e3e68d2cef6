#include <utility>  // Boost 1.74's asio/awaitable.hpp forgets it

#include "api/exec/channel_session_internal.h"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <nlohmann/json.hpp>

#include "base/json.h"

namespace drydock::api::exec {
namespace {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;

constexpr std::size_t kLongestMessage = 128u << 10;
constexpr std::size_t kHeldInput = 256u << 10;  // for a process that does not read
constexpr std::size_t kHeldMessages = 256;      // for a client that does not read
constexpr std::chrono::seconds kTokenTime{10};

}  // namespace

ChannelSession::ChannelSession(asio::io_context& io, Socket socket, std::string session_id,
                               WebSockets::Begin begin)
    : io_(io),
      client_(std::move(socket)),
      process_(io),
      timer_(io),
      session_id_(std::move(session_id)),
      begin_(std::move(begin)),
      channel_(session_id_, DataChannel::Clock::now()) {}

void ChannelSession::start(std::string request) {
  request_ = std::move(request);
  client_.set_option(
      websocket::stream_base::timeout{kTokenTime, websocket::stream_base::none(), false});
  client_.set_option(websocket::stream_base::decorator([](websocket::response_type& response) {
    response.set(boost::beast::http::field::server, "drydock");
  }));
  client_.read_message_max(kLongestMessage);
  client_.binary(true);
  client_.auto_fragment(false);
  client_.async_accept(asio::buffer(request_), [self = shared_from_this()](error_code ec) {
    ec ? self->drop() : self->await_token();
  });
}

void ChannelSession::drop() {
  if (std::exchange(ended_, true)) return;
  error_code ignored;
  boost::beast::get_lowest_layer(client_).close(ignored);
  process_.close(ignored);
  timer_.cancel(ignored);
  begin_ = nullptr;
  if (const auto on_end = std::exchange(on_end_, nullptr)) on_end();
}

// ---- the token

void ChannelSession::await_token() {
  timer_.expires_after(kTokenTime);
  timer_.async_wait([self = shared_from_this()](error_code ec) {
    if (!ec && self->begin_) self->drop();
  });
  client_.async_read(incoming_, [self = shared_from_this()](error_code ec, std::size_t) {
    ec ? self->drop() : self->take_token();
  });
}

void ChannelSession::take_token() {
  if (ended_) return;
  const std::string_view text(static_cast<const char*>(incoming_.data().data()), incoming_.size());
  const auto opening = parse_json(text);
  incoming_.consume(incoming_.size());
  const bool is_object = opening && opening->is_object();
  const std::string token = is_object ? json_string(*opening, "TokenValue") : std::string();
  const auto begin = std::exchange(begin_, nullptr);
  timer_.cancel();
  begin(session_id_, token, [self = shared_from_this()](Result<UniqueFd> process) {
    auto held = std::make_shared<Result<UniqueFd>>(std::move(process));
    asio::post(self->io_, [self, held] { self->begun(std::move(*held)); });
  });
}

void ChannelSession::begun(Result<UniqueFd> process) {
  if (ended_) return;
  if (!process && process.error().code == Errc::kDenied) return refuse(process.error().message);
  DataChannel::Turn turn;
  const auto now = DataChannel::Clock::now();
  channel_.open(now, turn);
  if (process)
    process_.assign(asio::generic::stream_protocol(AF_UNIX, 0), process->release());
  else
    channel_.close(process.error().message, now, turn);
  apply(std::move(turn));
}

void ChannelSession::refuse(const std::string& reason) {
  closing_ = true;
  client_.async_close(
      websocket::close_reason(websocket::close_code::policy_error, reason.substr(0, 120)),
      [self = shared_from_this()](error_code) { self->drop(); });
}

// ---- both ways

void ChannelSession::read_client() {
  if (ended_ || reading_client_ || for_process_.size() >= kHeldInput ||
      for_client_.size() >= kHeldMessages)
    return;
  reading_client_ = true;
  client_.async_read(incoming_, [self = shared_from_this()](error_code ec, std::size_t) {
    self->reading_client_ = false;
    if (ec) return self->drop();
    self->client_sent();
  });
}

void ChannelSession::client_sent() {
  DataChannel::Turn turn;
  channel_.received({static_cast<const char*>(incoming_.data().data()), incoming_.size()},
                    DataChannel::Clock::now(), turn);
  incoming_.consume(incoming_.size());
  apply(std::move(turn));
}

void ChannelSession::read_process() {
  if (ended_ || reading_process_ || !process_.is_open() || !channel_.room()) return;
  reading_process_ = true;
  process_.async_read_some(asio::buffer(from_process_),
                           [self = shared_from_this()](error_code ec, std::size_t bytes) {
                             self->reading_process_ = false;
                             if (self->ended_ || !self->process_.is_open()) return;
                             if (ec) return self->process_gone("The session's process is gone.");
                             self->process_wrote(bytes);
                           });
}

void ChannelSession::process_wrote(std::size_t bytes) {
  frames_.feed({from_process_.data(), bytes});
  DataChannel::Turn turn;
  const auto now = DataChannel::Clock::now();
  while (const auto frame = frames_.next()) {
    switch (frame->kind) {
      case frames::Kind::kOutput:
      case frames::Kind::kError:
        channel_.output(frame->payload, now, turn);
        break;
      case frames::Kind::kExited:
        channel_.close("", now, turn);
        break;
      case frames::Kind::kFailed:
        channel_.close(frame->payload.substr(std::min<std::size_t>(frame->payload.size(), 1)), now,
                       turn);
        break;
      default:
        break;
    }
  }
  if (frames_.damaged()) channel_.close("The session's process is gone.", now, turn);
  apply(std::move(turn));
}

void ChannelSession::process_gone(const std::string& why) {
  hang_up();
  DataChannel::Turn turn;
  channel_.close(why, DataChannel::Clock::now(), turn);
  apply(std::move(turn));
}

void ChannelSession::apply(DataChannel::Turn turn) {
  if (ended_) return;
  for (auto& message : turn.send) for_client_.push_back(std::move(message));
  if (process_.is_open()) {
    if (turn.size) for_process_ += frames::resize(*turn.size);
    for_process_ += frames::texts_of(frames::Kind::kInput, turn.input);
  }
  done_ = done_ || turn.done;
  write_process();
  if (turn.ended) process_gone("");
  write_client();
  read_process();
  read_client();
  arm();
}

void ChannelSession::write_client() {
  if (ended_ || writing_client_) return;
  if (for_client_.empty()) return close_when_said();
  writing_client_ = true;
  client_.async_write(asio::buffer(for_client_.front()),
                      [self = shared_from_this()](error_code ec, std::size_t) {
                        self->writing_client_ = false;
                        if (ec) return self->drop();
                        self->for_client_.pop_front();
                        self->write_client();
                        self->read_client();
                      });
}

// The client closes when it hears that the channel is closed; else we do.
void ChannelSession::close_when_said() {
  if (!done_ || std::exchange(closing_, true)) return;
  client_.async_close(websocket::close_code::normal,
                      [self = shared_from_this()](error_code) { self->drop(); });
}

void ChannelSession::write_process() {
  if (writing_process_ || for_process_.empty() || !process_.is_open()) return;
  writing_process_ = true;
  to_process_ = std::exchange(for_process_, {});
  asio::async_write(process_, asio::buffer(to_process_),
                    [self = shared_from_this()](error_code ec, std::size_t) {
                      self->writing_process_ = false;
                      if (ec) return;  // reading tells how it ended
                      self->write_process();
                      self->read_client();
                    });
}

void ChannelSession::hang_up() {
  error_code ignored;
  process_.close(ignored);
  for_process_.clear();
}

void ChannelSession::arm() {
  timer_.expires_at(channel_.next_tick());
  timer_.async_wait([self = shared_from_this()](error_code ec) {
    if (ec || self->ended_) return;
    DataChannel::Turn turn;
    self->channel_.tick(DataChannel::Clock::now(), turn);
    self->apply(std::move(turn));
  });
}

}  // namespace drydock::api::exec
