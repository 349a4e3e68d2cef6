#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/http/message.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace drydock::http {

struct ClientRequest {
  std::string method = "GET";
  std::string url;          // "http://localhost/path"
  std::string unix_socket;  // connect there instead of to the URL's host
  Headers headers;
  std::string body;
  // Streams the body instead: fills the buffer, returns its length, 0 at the end, -1 to give up.
  std::function<ssize_t(char*, std::size_t)> body_source;
  std::optional<std::uint64_t> body_length = {};  // of body_source; unknown: it goes in chunks
  // Takes response bytes as they come instead of collecting them; false ends the transfer.
  // Called only for 2xx answers: an error's body is collected in the response.
  std::function<bool(std::string_view)> on_data;
  // Asked about once a second, also while nothing arrives; true ends the transfer with kCancelled.
  std::function<bool()> cancelled;
  std::chrono::milliseconds connect_timeout{5000};
  std::chrono::milliseconds total_timeout{0};  // 0: none
  std::chrono::seconds silence{0};             // the longest time without a byte; 0: none
  bool bare = false;  // only `headers` are sent, and what HTTP itself needs
  std::size_t max_body = 64u << 20;
};

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;
};

// One request on libcurl, blocking. kNotFound when nobody listens there (refused, no such socket),
// kBusy on time-out.
Result<ClientResponse> fetch(const ClientRequest& request);

// What came of a request to speak another protocol.
struct Upgraded {
  ClientResponse response;  // status 101, or why not
  UniqueFd socket;          // blocking; only with 101
  std::string early;        // what the server sent right after its answer
};
// Sends `request` (its body whole) with the headers "Connection: Upgrade" and "Upgrade:
// `protocol`", and reads the answer. Errors as of fetch().
Result<Upgraded> upgrade(const ClientRequest& request, const std::string& protocol);

}  // namespace drydock::http
