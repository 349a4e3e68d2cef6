#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "api/trust.h"
#include "base/clock.h"
#include "base/http/message.h"
#include "base/json.h"
#include "base/loop.h"
#include "control/control.h"
#include "images/provider.h"
#include "images/store.h"
#include "metadata/local_keys.h"
#include "metadata/stats_book.h"
#include "runtime/exec/sessions.h"
#include "secrets/vault.h"
#include "volumes/volumes.h"

namespace drydock::runtime {
class DryExecutor;
}  // namespace drydock::runtime

namespace drydock::api {

class Upstream;
namespace exec {
class WebSockets;
}  // namespace exec
namespace logs {
class Journals;
}  // namespace logs
namespace local {
class StreamLoop;
class Transfers;
}  // namespace local

// What `GET status` and `GET version` tell of the daemon.
struct Facts {
  std::string version;
  std::string instance;
  std::string root;  // state folder; journals are found below it (runtime/engine/paths.h)
  std::string run;
  std::string tcp_address;    // "127.0.0.1:4590"; empty without a TCP endpoint
  std::string tasks_address;  // how tasks call the daemon; empty: they can't
  std::string subnet;
  std::string runtime;
  Time started_at{};
  bool dry = false;  // no container runs
};

// Everything the API's handlers reach. The daemon fills it once. At the end: close(), close the
// doors, then let go of the loop, control and this.
struct ApiContext {
  ApiContext();
  ~ApiContext();
  // A stream that ends after this is not a client that went away (decision 20); logs stop flowing.
  void close();

  Loop* loop = nullptr;  // the engine's: control lives there
  control::Control* control = nullptr;
  images::Store* images = nullptr;
  runtime::DryExecutor* dry = nullptr;        // of a dry daemon; on the loop
  images::Provider* provider = nullptr;       // null: nothing can be pulled
  volumes::Volumes* volumes = nullptr;        // null: no EFS, no volumes (tests)
  secrets::Vault* vault = nullptr;            // null: no secrets, no parameters (tests)
  metadata::LocalKeys* local_keys = nullptr;  // null: STS knows no roles (tests)
  std::shared_ptr<const Upstream> upstream;   // null: other services are refused
  const runtime::PublishedWorld* world =
      nullptr;                          // the engine's; null: nothing is measured (tests)
  metadata::StatsBook::Sampler sample;  // what containers have used; the same
  control::Caller defaults;             // region and account of unsigned requests
  std::shared_ptr<const Trust> trust;   // null: anyone who reaches the socket (tests)
  Facts facts;
  std::atomic<bool> closing{false};
  // By task id, on the loop's thread: what stops a foreground run's task when its client has died
  // before it came back to follow it.
  std::map<std::string, Loop::Handle> unclaimed;
  std::unique_ptr<local::StreamLoop> streams;   // reads journals
  std::unique_ptr<local::Transfers> transfers;  // pulls and saves
  // Processes started in containers, on the loop of `streams`; null: none can be (tests).
  std::unique_ptr<runtime::ExecSessions> execs;
  std::unique_ptr<exec::WebSockets> channels;  // of ExecuteCommand
  std::unique_ptr<logs::Journals> journals;    // what the CloudWatch Logs API reads and writes

  // The daemon's own work; called on a door worker, may block. An empty one answers
  // UnsupportedFeatureException.
  std::function<Result<int>()> reset;             // decision 22; how many tasks were stopped
  std::function<void(bool stop_tasks)> shutdown;  // asks for it and returns at once
  std::function<Json()> doctor;                   // [{"name","ok","detail","fix"}]
};

// The handler of the API's sockets (unix and TCP): the ECS API, and our private routes under
// /_drydock/v1.
http::Handler ecs_handler(std::shared_ptr<ApiContext> context);
// For Surface::streams_body: an image upload, and what goes to the upstream.
std::function<bool(const http::Request& head)> streams_body(
    std::shared_ptr<const ApiContext> context);

}  // namespace drydock::api
