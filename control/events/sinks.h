#pragma once
#include <sys/types.h>

#include <memory>
#include <string>

#include "control/events/follower.h"

// Where events go besides the log: a file, a webhook, whoever reads a socket.
namespace drydock::control::events {

// Appends each event to `path` as a line. The file is opened anew when another has taken its name
// (rotation). `group` may read it: overrides in events may hold what is secret.
Follower::Deliver to_file(std::string path, gid_t group);

// POSTs each event, as a body of JSON. A server that cannot be reached or answers 408, 429 or 5xx
// is asked again; an event that it answers otherwise than with 2xx is dropped. `ending` cuts a
// request off.
Follower::Deliver to_webhook(std::string url, const std::atomic<bool>& ending);

struct SinksOptions {
  std::string file, webhook, socket;  // empty: none
  gid_t group = 0;                    // of the file and the socket
};

// All of them. Ends before the log and the store.
class Sinks {
 public:
  static Result<std::unique_ptr<Sinks>> open(EventLog& log, Store& store,
                                             const SinksOptions& options);
  ~Sinks();

 private:
  struct State;
  explicit Sinks(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace drydock::control::events
