#pragma once
#include <array>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>
#include <memory>
#include <string>

#include "api/exec/data_channel.h"
#include "api/exec/websockets.h"
#include "base/frames.h"

// One client's connection, on the thread of WebSockets. Private to api/exec.
namespace drydock::api::exec {

class ChannelSession : public std::enable_shared_from_this<ChannelSession> {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;

  ChannelSession(boost::asio::io_context& io, Socket socket, std::string session_id,
                 WebSockets::Begin begin);
  // Called once, when nothing of it is left but the object.
  void on_end(std::function<void()> fn) { on_end_ = std::move(fn); }
  // `request` is the client's request to upgrade, and what it sent beyond.
  void start(std::string request);
  void drop();

 private:
  using error_code = boost::system::error_code;

  void await_token();
  void take_token();
  void begun(Result<UniqueFd> process);
  void refuse(const std::string& reason);

  void read_client();
  void client_sent();
  void read_process();
  void process_wrote(std::size_t bytes);
  void process_gone(const std::string& why);
  void apply(DataChannel::Turn turn);
  void write_client();
  void write_process();
  void hang_up();
  void arm();
  void close_when_said();

  boost::asio::io_context& io_;
  boost::beast::websocket::stream<Socket> client_;
  Socket process_;
  boost::asio::steady_timer timer_;
  const std::string session_id_;
  WebSockets::Begin begin_;
  std::function<void()> on_end_;
  DataChannel channel_;
  frames::Reader frames_;
  std::string request_;
  boost::beast::flat_buffer incoming_;
  std::array<char, 16u << 10> from_process_;
  std::deque<std::string> for_client_;
  std::string for_process_, to_process_;  // waiting, and under way
  bool reading_client_ = false;
  bool writing_client_ = false;
  bool reading_process_ = false;
  bool writing_process_ = false;
  bool done_ = false;  // all is said: close when it is sent
  bool closing_ = false;
  bool ended_ = false;
};

}  // namespace drydock::api::exec
