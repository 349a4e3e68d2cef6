#pragma once
#include <sys/types.h>

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/http/message.h"

namespace drydock::api {

// Who may call (decision 11): root, the members of a group (that is root on this machine), and some
// uids. Thread-safe.
class Trust {
 public:
  // `uids`: who started the daemon (SUDO_UID counts) and --allow-uid. `group`: "drydock"; need not
  // exist.
  explicit Trust(std::set<uid_t> uids, std::string group = "drydock");
  ~Trust();

  // The text of a refusal, or nullopt when `request` may pass. Refuses a caller whose uid is
  // unknown or not trusted, any request with an Origin header (a web page), and over TCP a Host
  // that is not this machine.
  std::optional<std::string> refusal(const http::Request& request) const;

 private:
  struct Members;
  bool trusted(uid_t uid) const;
  std::set<uid_t> uids_;
  std::string group_;
  std::unique_ptr<Members> members_;
};

// "localhost", 127.0.0.0/8, [::1], host.docker.internal, with or without a port. Pure.
bool is_loopback_host(std::string_view host);

}  // namespace drydock::api
