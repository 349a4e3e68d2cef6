#pragma once
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "cli/client.h"
#include "cli/ecs_log.h"
#include "cli/ecs_rows.h"
#include "cli/options.h"
#include "taskdef/compose/options.h"

namespace drydock::cli {

// A Compose project against the cluster of a daemon: what all of `compose`'s verbs do.
class ComposeProject {
 public:
  // Reads the files, prints what they say in vain, and connects.
  static Result<ComposeProject> open(Session& session, const ComposeOptions& options);
  ~ComposeProject();
  ComposeProject(ComposeProject&&) noexcept;

  const std::string& family() const { return family_; }
  EcsLog& log() { return log_; }
  const Client& client() const { return client_; }
  const ComposeOptions& options() const { return options_; }
  // Of run_params, see taskdef/compose/compose.h.
  const Json& run() const;

  // The revision that is what the files say now, registered if the newest one differs: "shop:3".
  // `always`: a new one.
  Result<std::string> registered(bool always = false);
  // The newest revision. kNotFound: none is registered.
  Result<std::string> newest() const;
  // The project's tasks, oldest first.
  Result<std::vector<Json>> tasks(const std::string& service = {}) const;
  // Those that are not asked to stop.
  Result<std::vector<Json>> running() const;

  // Runs `count` tasks and waits until their containers run. kInvalid: one could not be placed, or
  // did not start.
  Status start(const std::string& definition, int count, const Json& overrides);
  // Stops tasks and waits for their end.
  Status stop(const std::vector<Json>& tasks);
  // --create-log-groups: the groups that awslogs options name.
  Status create_log_groups();
  // --tags as the API takes them.
  Result<std::vector<Json>> tags() const;

 private:
  ComposeProject(Session& session, const ComposeOptions& options, Client client);
  Result<Json> definition(const std::string& name) const;

  Session& session_;
  const ComposeOptions& options_;
  EcsLog log_;
  Client client_;
  std::string family_;
  std::vector<Json> documents_;  // the request, run_params: Json is not complete here
  std::vector<taskdef::compose::PublishedPort> publish_;
};

// Carries out `compose service …`.
Status compose_service(Session& session, ComposeProject& project);

}  // namespace drydock::cli
