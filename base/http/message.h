#pragma once
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/unique_fd.h"

namespace drydock::http {

using Headers = std::vector<std::pair<std::string, std::string>>;
// The first header of that name, whatever its case; empty when absent.
std::string_view header(const Headers& headers, std::string_view name);

// Reads a request body while it arrives. For routes declared as streaming only; used on the
// handler's own thread.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  // Waits for bytes. 0 at the end of the body, -1 when the client went away or sent nonsense.
  virtual ssize_t read(char* buffer, std::size_t size) = 0;
};

struct Request {
  std::string method;
  std::string target;  // as sent, with the query
  std::string path;    // as sent, without the query: not decoded
  std::string query;   // after '?', not decoded
  Headers headers;
  std::string body;  // empty on a streaming route
  BodyReader* stream = nullptr;
  std::string remote_address;  // "127.0.0.1", empty on a unix socket
  int remote_port = 0;
  std::optional<uid_t> remote_uid;  // who owns the peer's socket, when the surface asked for it
};

// Writes a response body bit by bit, from any thread. The door owns the connection; this holds it.
// Destroying the last reference without close() cuts the body, so the client can tell. Callbacks
// run on the door's reactor (or at once, on the caller's thread) and must be quick.
class StreamWriter {
 public:
  virtual ~StreamWriter() = default;
  // Queues bytes. False once the client is gone: the producer should end.
  virtual bool write(std::string_view bytes) = 0;
  // Bytes queued and not yet taken by the client's socket: a producer pauses above 1 MiB.
  virtual std::size_t pending() const = 0;
  // `fn` runs once, when pending() has fallen below 64 KiB (at once if it is already), or when
  // the client has gone.
  virtual void on_writable(std::function<void()> fn) = 0;
  // `fn` runs once, when the client has gone away.
  virtual void on_gone(std::function<void()> fn) = 0;
  // Ends the body properly.
  virtual void close() = 0;
};

struct Response {
  int status = 200;
  Headers headers;  // Content-Length and Connection are the door's
  std::string body;
  // When set, the body is streamed (chunked): called once with the writer, keeps the writer.
  // Returns at once, unless the request's own body was streamed: such a handler has a thread of its
  // own.
  std::function<void(std::shared_ptr<StreamWriter>)> stream;
  // When set, nothing else counts and the door writes nothing: it lets go of the connection and
  // calls this once, on the reactor, with the non-blocking socket and what the client has sent
  // beyond the request. Must be quick. Whoever takes it writes the reply (101) and closes.
  std::function<void(UniqueFd socket, std::string early)> take_over = {};
  // How many bytes `stream` will write, when that is known: Content-Length instead of chunks. For a
  // HEAD request without a stream, what it says of the body that it does not get.
  std::optional<std::uint64_t> stream_length = {};
};

// One surface (ECS API, metadata of one task, ...): whole request in, whole reply out. Runs on a
// worker thread.
using Handler = std::function<Response(const Request&)>;

// Percent-decoding of a path or query part; malformed escapes stay as they are.
std::string percent_decode(std::string_view text, bool plus_is_space = false);
// The value of `key` in a query, decoded; nullopt when absent.
std::optional<std::string> query_value(std::string_view query, std::string_view key);

}  // namespace drydock::http
