#pragma once
#include <functional>
#include <memory>
#include <string>

#include "base/http/head.h"
#include "base/http/message.h"

namespace drydock::http {

// A reply ready for the socket.
struct Reply {
  std::string bytes;  // status line, headers and, unless streamed, the body
  bool keep = false;  // the connection serves on
  bool chunked = false;
  std::function<void(std::shared_ptr<StreamWriter>)> stream;
  std::function<void(UniqueFd socket, std::string early)> take_over;  // instead of all this
};

// One request through cpp-httplib: it parses the head, calls `handler` with `request`'s body and
// peer, and formats what comes back. `may_keep` is asked after the handler. The only place that
// uses the library.
Reply exchange(const Head& head, Request request, const Handler& handler,
               const std::function<bool()>& may_keep);
// The reply to a request that no handler saw; closes.
Reply refusal_reply(const Refusal& refusal);

}  // namespace drydock::http
