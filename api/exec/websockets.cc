#include <utility>  // Boost 1.74's asio/awaitable.hpp forgets it

#include "api/exec/websockets.h"

#include <strings.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <set>
#include <thread>

#include "api/exec/channel_session_internal.h"

namespace drydock::api::exec {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kLongestEarly = 512;

http::Response refusal(int status, std::string text) {
  http::Response r;
  r.status = status;
  r.headers = {{"Content-Type", "text/plain; charset=utf-8"}};
  r.body = std::move(text);
  return r;
}

// The request again, of what Beast looks at only: it reads it from a small buffer.
std::string upgrade_head(const http::Request& request, const std::string& session_id) {
  const auto value = [&](const char* name) {
    return std::string(http::header(request.headers, name).substr(0, 200));
  };
  return "GET /v1/data-channel/" + session_id + " HTTP/1.1\r\nHost: " + value("Host") +
         "\r\nConnection: Upgrade\r\nUpgrade: websocket" +
         "\r\nSec-WebSocket-Key: " + value("Sec-WebSocket-Key") +
         "\r\nSec-WebSocket-Version: " + value("Sec-WebSocket-Version") + "\r\n\r\n";
}

}  // namespace

struct WebSockets::State {
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard{io.get_executor()};
  std::set<std::shared_ptr<ChannelSession>> sessions;  // the thread's
  std::atomic<int> count{0};
  std::thread thread;
};

WebSockets::WebSockets() : state_(std::make_shared<State>()) {
  state_->thread = std::thread([state = state_.get()] { state->io.run(); });
}

WebSockets::~WebSockets() { stop(); }

void WebSockets::stop() {
  if (!state_->thread.joinable()) return;
  state_->io.stop();
  state_->thread.join();
  const auto all = state_->sessions;
  for (const auto& one : all) one->drop();
}

http::Response WebSockets::serve(const http::Request& request, const std::string& session_id,
                                 Begin begin) {
  const auto upgrade = std::string(http::header(request.headers, "Upgrade"));
  if (request.method != "GET" || ::strcasecmp(upgrade.c_str(), "websocket") != 0 ||
      http::header(request.headers, "Sec-WebSocket-Key").empty())
    return refusal(426, "A session is opened with a WebSocket.\n");
  if (state_->count >= kMost) return refusal(503, "too many sessions; end one and try again\n");
  http::Response r;
  r.take_over = [state = std::weak_ptr(state_), session_id, begin = std::move(begin),
                 head = upgrade_head(request, session_id)](UniqueFd socket,
                                                           const std::string& early) {
    const auto alive = state.lock();
    if (!alive || early.size() > kLongestEarly) return;
    ++alive->count;
    auto held = std::make_shared<UniqueFd>(std::move(socket));
    asio::post(alive->io, [raw = alive.get(), held, session_id, begin, text = head + early] {
      ChannelSession::Socket client(raw->io, asio::generic::stream_protocol(AF_INET, 0),
                                    held->release());
      auto session =
          std::make_shared<ChannelSession>(raw->io, std::move(client), session_id, begin);
      session->on_end([raw, weak = std::weak_ptr(session)] {
        --raw->count;
        if (const auto one = weak.lock()) raw->sessions.erase(one);
      });
      raw->sessions.insert(session);
      session->start(text);
    });
  };
  return r;
}

}  // namespace drydock::api::exec
