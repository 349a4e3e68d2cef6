#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/clusters.h"
#include "control/tasks.h"

namespace drydock::control {

// What a session of ExecuteCommand is for.
struct ExecTicket {
  std::string task_id;
  std::string container;
  std::vector<std::string> command;
};

// ExecuteCommand: hands out sessions that a Session Manager client opens once, with the token, at
// the daemon's endpoint. They live in memory and end with the daemon. Loop thread only.
class ExecuteCommand {
 public:
  static constexpr std::size_t kMostUnopened = 256;  // the oldest goes
  static constexpr std::chrono::minutes kOpenWithin{2};

  ExecuteCommand(const Clusters& clusters, const Tasks& tasks)
      : clusters_(clusters), tasks_(tasks) {}

  // "127.0.0.1:4590": for callers who came by the unix socket. Empty: the daemon has no endpoint.
  void set_endpoint(std::string endpoint) { endpoint_ = std::move(endpoint); }

  Answer<Json> execute(const Caller& caller, const Json& request);
  // The ticket of a session that was not opened before; any attempt uses it up. nullopt: there is
  // no such session, it is too old, or the token is another.
  std::optional<ExecTicket> redeem(const std::string& session_id, const std::string& token);
  void forget_all() { sessions_.clear(); }

 private:
  struct Session {
    ExecTicket ticket;
    std::string token;
    Time made_at;
  };
  Answer<Json> session_for(const Caller& caller, ExecTicket ticket);

  const Clusters& clusters_;
  const Tasks& tasks_;
  std::string endpoint_;
  std::map<std::string, Session> sessions_;
};

}  // namespace drydock::control
