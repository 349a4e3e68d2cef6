#pragma once
#include <functional>
#include <memory>
#include <string>

#include "base/http/message.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace drydock::api::exec {

// Session Manager clients on WebSockets, all on one thread. Thread-safe.
class WebSockets {
 public:
  static constexpr int kMost = 256;  // at once

  // Answers a Begin: the process's end of frames (base/frames.h), a socket. kDenied: the token is
  // not the session's. Any other error is told to the client. Any thread.
  using Begun = std::function<void(Result<UniqueFd> process)>;
  // Begins a session for a client that has shown `token`. Must be quick; answers later.
  using Begin =
      std::function<void(const std::string& session_id, const std::string& token, Begun begun)>;

  WebSockets();
  ~WebSockets();
  WebSockets(const WebSockets&) = delete;
  WebSockets& operator=(const WebSockets&) = delete;

  // The answer to a request to open the channel of `session_id`: it takes the connection over, or
  // says what is wrong with the request.
  http::Response serve(const http::Request& request, const std::string& session_id, Begin begin);
  // Drops every connection; nothing is served after it.
  void stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace drydock::api::exec
