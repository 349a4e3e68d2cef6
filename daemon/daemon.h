#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "api/context.h"
#include "base/http/door.h"
#include "base/loop.h"
#include "control/control.h"
#include "control/events/sinks.h"
#include "control/store.h"
#include "daemon/builtin_router.h"
#include "daemon/config.h"
#include "daemon/host_endpoint.h"
#include "daemon/instance.h"
#include "daemon/local_aws.h"
#include "daemon/log_keeper.h"
#include "daemon/task_agents.h"
#include "images/store.h"
#include "logrouter/pump.h"
#include "metadata/credentials_keeper.h"
#include "netns/network.h"
#include "runtime/cgroup.h"
#include "runtime/dry/dry_executor.h"
#include "runtime/engine/engine.h"
#include "runtime/engine/machine.h"
#include "secrets/chain.h"

namespace drydock::daemon {

// All rooms of one running daemon, wired. Made, run and ended on the main thread, which is the
// engine's.
class Daemon {
 public:
  // Opens everything, adopts the tasks of the daemon before, and listens. Errors say what to do.
  static Result<std::unique_ptr<Daemon>> open(const Invocation& invocation);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Until SIGTERM, SIGINT or a shutdown request; then ends in order.
  void run();
  // "unix:///run/drydock/drydock.sock and http://127.0.0.1:4590"
  std::string addresses() const;

 private:
  explicit Daemon(const Invocation& invocation) : config_(invocation.config) {}
  Status open_all(const Invocation& invocation);

  Status open_rooms();
  Status open_programs();
  Status open_logs();
  Status open_cgroups();
  Status open_images();
  Status open_volumes();
  Status open_state();
  Status open_network();
  Status open_engine();
  Status open_endpoints();
  runtime::EngineHooks engine_hooks();
  Result<std::unique_ptr<runtime::Executor>> make_executor(runtime::ExecutorEvents events);
  Status open_doors();
  void watch_signals();
  void watch_starter();

  void listen_for_metadata(const std::string& task_id, UniqueFd listener);
  void listen_for_aws(const std::string& task_id, UniqueFd listener);
  void close_aws(const std::string& task_id);
  http::Surface metadata_surface(const std::string& task_id);
  void close_metadata(const std::string& task_id);
  void task_changed(std::shared_ptr<const runtime::TaskView> view);
  // Begins to end. With `stop_tasks` when the last task is STOPPED, else now.
  void shut_down(bool stop_tasks);
  void end();
  void leave_nothing();
  Result<int> reset();
  Json doctor();
  std::size_t live_tasks() const;
  void stop_all(const runtime::StopRequest& request);

  Config config_;
  Instance instance_;
  Loop loop_;
  std::unique_ptr<WorkerPool> workers_, pulls_;
  std::unique_ptr<WorkerPool> target_calls_;  // of rules, to the upstream; null without one
  std::unique_ptr<images::Store> images_;
  std::unique_ptr<images::Puller> puller_;
  std::unique_ptr<images::Provider> provider_;
  std::unique_ptr<BuiltinRouter> router_;
  std::unique_ptr<LocalAws> local_aws_;
  std::unique_ptr<volumes::Volumes> volumes_;
  std::unique_ptr<secrets::Vault> vault_;
  std::unique_ptr<secrets::Chain> secrets_;
  std::unique_ptr<control::Store> store_;
  std::unique_ptr<netns::Balancer> balancer_;
  std::unique_ptr<control::Control> control_;
  std::unique_ptr<control::events::Sinks> sinks_;
  std::optional<runtime::Cgroups> cgroups_;
  std::unique_ptr<netns::Network> network_;
  std::optional<logrouter::Driver> forwarding_;
  std::unique_ptr<logrouter::Pump> logs_;
  runtime::Machine machine_;
  std::vector<std::shared_ptr<const runtime::TaskView>> restored_;
  std::unique_ptr<runtime::Engine> engine_;
  runtime::DryExecutor* dry_ = nullptr;  // the engine's, of a dry daemon
  metadata::LocalKeys local_keys_;
  std::unique_ptr<metadata::CredentialsKeeper> credentials_;
  std::unique_ptr<TaskAgents> agents_;
  std::shared_ptr<api::ApiContext> api_;
  std::unique_ptr<LogKeeper> log_keeper_;
  std::unique_ptr<http::Door> door_;
  UniqueFd task_listener_;  // until the doors open
  struct MetadataDoors {
    http::Surface surface;
    std::vector<int> doors;  // one in each namespace
  };
  std::map<std::string, MetadataDoors> metadata_doors_;  // by task id
  std::unique_ptr<HostEndpoint> host_endpoint_;
  std::map<std::string, std::vector<int>> aws_doors_;  // the same, of tasks with firelens_local
  std::map<std::string, std::vector<UniqueFd>>
      aws_listeners_;  // of adopted tasks, until the doors open
  UniqueFd signals_, starter_;
  Loop::Handle on_signal_, on_starter_;
  std::string tcp_address_, tasks_address_;
  std::function<void()>
      on_change_;  // after each change of a task, while somebody waits for their end
  std::thread closer_;
  bool stopping_tasks_ = false;
  bool ending_ = false;
  bool opened_ = false;
};

}  // namespace drydock::daemon
