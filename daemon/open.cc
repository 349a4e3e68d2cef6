#include "daemon/daemon.h"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "api/local/stream_loop.h"
#include "api/logs/journals.h"
#include "api/trust.h"
#include "base/logging.h"
#include "daemon/dry.h"
#include "daemon/service_options.h"
#include "daemon/task_agents.h"
#include "daemon/task_api.h"
#include "daemon/task_credentials.h"
#include "daemon/task_names.h"
#include "daemon/upstream.h"
#include "metadata/routes.h"
#include "runtime/engine/cleanup.h"
#include "runtime/engine/machine_executor.h"

// How a daemon begins: the rooms, what it finds of an earlier one, the doors.
namespace drydock::daemon {
namespace {

constexpr int kTargetCalls = 2;  // of EventBridge's rules, at once

log::Level level_of(const std::string& name) {
  if (name == "debug") return log::Level::kDebug;
  if (name == "warn") return log::Level::kWarn;
  if (name == "error") return log::Level::kError;
  return log::Level::kInfo;
}

gid_t socket_group(const std::string& name) {
  if (::geteuid() != 0) return ::getegid();  // a dry daemon
  const group* g = ::getgrnam(name.c_str());
  return g ? g->gr_gid : 0;
}

std::set<uid_t> trusted_uids(const Config& config) {
  std::set<uid_t> uids(config.allow_uids.begin(), config.allow_uids.end());
  uids.insert(0);
  if (const char* sudo = std::getenv("SUDO_UID")) {
    uid_t uid = 0;
    const std::string_view text = sudo;
    if (auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), uid);
        ec == std::errc{} && end == text.data() + text.size())
      uids.insert(uid);
  }
  return uids;
}

// Of "127.0.0.1:4590"; 0: any, or there is none.
int port_of(const std::string& listen) {
  const auto colon = listen.rfind(':');
  return colon == std::string::npos ? 0 : std::atoi(listen.c_str() + colon + 1);
}

// A service of systemd logs to the journal; anything else started in the background to a file.
std::string log_file(const Invocation& invocation, const std::string& root) {
  return invocation.foreground || std::getenv("JOURNAL_STREAM") ? std::string()
                                                                : root + "/drydockd.log";
}

}  // namespace

Result<std::unique_ptr<Daemon>> Daemon::open(const Invocation& invocation) {
  std::unique_ptr<Daemon> d(new Daemon(invocation));
  DRYDOCK_TRY(d->open_all(invocation));
  d->opened_ = true;
  return d;
}

Status Daemon::open_all(const Invocation& invocation) {
  DRYDOCK_LET(instance_, open_instance(invocation.config));
  DRYDOCK_TRY(claim_mode(instance_.root, config_.dry));
  log::init(log_file(invocation, instance_.root), level_of(invocation.config.log_level));
  log::info("drydockd " DRYDOCK_VERSION ", instance " + instance_.id + ", root " + instance_.root);
  raise_file_limit();
  DRYDOCK_TRY(open_rooms());
  DRYDOCK_TRY(open_state());
  DRYDOCK_TRY(open_engine());
  DRYDOCK_TRY(open_doors());
  watch_signals();
  if (invocation.config.ephemeral) watch_starter();
  return {};
}

Status Daemon::open_state() {
  DRYDOCK_LET(store_, control::Store::open(instance_.root + "/drydock.db"));
  control::TasksOptions options;
  options.keep_stopped = config_.tasks_keep_stopped;
  options.vpc.strict = config_.network_strict;
  for (const auto& [id, range] : config_.network_subnets) options.vpc.subnets.insert(id);
  for (const auto& group : config_.network_security_groups)
    options.vpc.security_groups.insert(group.id);
  options.firelens = config_.logs_firelens;
  options.machine = control::machine_size();
  options.firelens_local = config_.logs_firelens_local;
  options.privileged = config_.tasks_privileged;
  options.instances = config_.instances_virtual;
  options.credentials = {config_.credentials_mode, config_.credentials_roles};
  netns::BalancerHooks balancer_hooks;
  balancer_hooks.changed = [this](const std::string& group, const std::string& task,
                                  netns::TargetHealth health, const std::string& why) {
    loop_.post([this, group, task, health, why] {
      control_->services.target_changed(group, task, health, why);
    });
  };
  // Tasks that do not run take no connections.
  if (!config_.dry) balancer_ = std::make_unique<netns::Balancer>(std::move(balancer_hooks));
  control_ = std::make_unique<control::Control>(
      loop_, *store_, options, control::LogGroupsOptions{config_.logs_create_groups},
      service_options(config_, balancer_.get()));
  control_->events.log().limit(static_cast<std::size_t>(config_.events_keep));
  DRYDOCK_LET(restored_, control_->restore());
  DRYDOCK_LET(sinks_,
              control::events::Sinks::open(control_->events.log(), *store_,
                                           {config_.events_file, config_.events_webhook,
                                            config_.events_socket, socket_group(config_.group)}));
  if (config_.dry) return {};  // such tasks live in the store alone
  DRYDOCK_LET(const bool rebooted, booted_since(instance_.root));
  if (!rebooted) return {};
  for (auto& view : restored_) {
    if (view->last_status == runtime::TaskStatus::kStopped) continue;
    auto ended = std::make_shared<runtime::TaskView>(*view);
    ended->last_status = runtime::TaskStatus::kStopped;
    ended->desired_stopped = true;
    ended->stop_code = "TerminationNotice";
    ended->stopped_reason = "The machine was restarted while the task was running";
    ended->stopped_at = now();
    ended->attachment_status = "DELETED";
    ++ended->version;
    for (runtime::ContainerView& c : ended->containers) {
      c.known = runtime::ContainerStatus::kStopped;
      c.desired_stopped = true;
      c.pid = 0;
    }
    view = std::move(ended);
  }
  return {};
}

// What of the tasks of the daemon before is still there, and the network of those to come.
Status Daemon::open_network() {
  std::map<std::string, std::size_t> live;
  std::set<std::string> kept;
  std::vector<std::string> live_ids;
  for (const auto& view : restored_) {
    kept.insert(view->spec->task_id);
    if (view->last_status == runtime::TaskStatus::kStopped) continue;
    live[view->spec->task_id] = view->containers.size();
    live_ids.push_back(view->spec->task_id);
  }
  kept.merge(control_->logs.tasks());
  kept.insert("streams");  // of PutLogEvents: the log keeper's
  machine_.keeps_journals = [this](const std::string& id) { return control_->logs.keeps(id); };
  // Shims and containers of tasks nobody knows go first: they hold namespaces.
  for (const std::string& what : runtime::sweep(machine_, live, kept)) log::info("swept " + what);

  netns::NetworkConfig network;
  network.instance_id = instance_.id;
  network.run_dir = instance_.run;
  network.region = config_.region;
  network.subnet = config_.subnet;
  network.pool_size = static_cast<int>(config_.pool_size);
  network.mtu = static_cast<int>(config_.mtu);
  network.dns_upstreams = config_.dns_upstreams;
  network.subnets = mapped_subnets(config_);
  network.ipv6 = config_.network_ipv6;
  network.security = {config_.network_security_groups, config_.network_isolate_clusters};
  DRYDOCK_LET(network_,
              netns::Network::open(network, runtime::known_slots(machine_.paths, live_ids)));
  machine_.network = network_.get();
  DRYDOCK_LET(TaskApi task_api, open_task_api(config_, instance_.root, *network_));
  task_listener_ = std::move(task_api.listener);
  machine_.endpoint_url = std::move(task_api.endpoint_url);
  tasks_address_ = std::move(task_api.address);

  machine_.enter_host_network = [this](const std::string& id) { return host_endpoint_->enter(id); };
  machine_.leave_host_network = [this](const std::string& id) { host_endpoint_->leave(id); };
  return {};
}

runtime::EngineHooks Daemon::engine_hooks() {
  runtime::EngineHooks hooks;
  hooks.network_ready = [this](const std::string& id, UniqueFd fd) {
    listen_for_metadata(id, std::move(fd));
  };
  hooks.aws_ready = [this](const std::string& id, UniqueFd fd) {
    listen_for_aws(id, std::move(fd));
  };
  hooks.network_gone = [this](const std::string& id) {
    close_aws(id);
    close_metadata(id);
  };
  hooks.changed = [this](std::shared_ptr<const runtime::TaskView> view) {
    task_changed(std::move(view));
  };
  return hooks;
}

Result<std::unique_ptr<runtime::Executor>> Daemon::make_executor(runtime::ExecutorEvents events) {
  if (!config_.dry) return runtime::MachineExecutor::create(machine_, std::move(events));
  DRYDOCK_LET(auto dry, dry_executor(config_, loop_, restored_, std::move(events)));
  dry_ = dry.get();
  return dry;
}

Status Daemon::open_engine() {
  std::set<std::string> kept;
  for (const auto& view : restored_) kept.insert(view->spec->task_id);
  vault_->release_all_but(kept);
  if (!config_.dry) DRYDOCK_TRY(open_network());
  auto keeping = keeper_options(config_);
  keeping.report = [this](const std::string& task_id, const std::string& problem) {
    log::warn("task " + task_id + ": " + problem);
    loop_.post([this, task_id, problem] { engine_->note(task_id, problem); });
  };
  credentials_ = std::make_unique<metadata::CredentialsKeeper>(std::move(keeping), local_keys_);
  door_ = std::make_unique<http::Door>();
  DRYDOCK_LET(engine_, runtime::make_engine(loop_, {config_.health_early, config_.dry},
                                            engine_hooks(), [this](runtime::ExecutorEvents events) {
                                              return make_executor(std::move(events));
                                            }));
  control_->tasks.attach(*engine_);
  if (!config_.dry) DRYDOCK_TRY(open_endpoints());
  for (const auto& view : restored_) engine_->adopt(view);
  restored_.clear();
  control_->events.look();
  if (config_.dry) return {};
  volumes_->sweep();
  for (const auto& [id, view] : engine_->world().get()->tasks)
    network_->names().put(id, names_of(*view));
  return {};
}

// What answers inside the tasks' namespaces, beside their metadata.
Status Daemon::open_endpoints() {
  agents_ = std::make_unique<TaskAgents>(
      loop_, *control_, *workers_, *door_,
      TaskAgents::Options{machine_.paths, config_.metadata_container_file}, engine_->world());
  host_endpoint_ = std::make_unique<HostEndpoint>(
      HostEndpoint::Options{config_.tasks_host_network, containers_group(*cgroups_)}, *network_,
      *door_, engine_->world());
  if (const int port = port_of(config_.listen); port > 0)
    DRYDOCK_TRY(network_->guard_from_host_tasks(port));
  return {};
}

Status Daemon::open_doors() {
  api_ = std::make_shared<api::ApiContext>();
  api_->loop = &loop_;
  api_->control = control_.get();
  api_->images = images_.get();
  api_->local_keys = &local_keys_;
  api_->provider = provider_.get();
  api_->volumes = volumes_.get();
  api_->vault = vault_.get();
  api_->world = &engine_->world();
  if (cgroups_)
    api_->sample = [mounts = cgroups_->mounts()](const runtime::TaskView& task) {
      return metadata::take_sample(mounts, task);
    };
  api_->defaults.region = config_.region;
  api_->defaults.account = config_.account;
  api_->upstream = configured_upstream(config_, instance_.id);
  if (api_->upstream) {
    target_calls_ = std::make_unique<WorkerPool>(kTargetCalls);
    control_->rules.send_by(target_sender(api_->upstream, *target_calls_, loop_,
                                          [api = api_.get()] { return api->closing.load(); }));
  }
  api_->trust = std::make_shared<api::Trust>(trusted_uids(config_), config_.group);
  api_->facts = {DRYDOCK_VERSION,
                 instance_.id,
                 instance_.root,
                 instance_.run,
                 "",
                 tasks_address_,
                 network_ ? network_->report().subnet : config_.subnet,
                 machine_.runtime,
                 now()};
  api_->facts.dry = config_.dry;
  api_->dry = dry_;
  api_->journals->limit({machine_.segment_bytes, machine_.journal_bytes});
  log_keeper_ = std::make_unique<LogKeeper>(api_, *workers_, machine_.paths, config_.logs_keep);
  api_->reset = [this] { return reset(); };
  api_->shutdown = [this](bool stop_tasks) {
    loop_.post([this, stop_tasks] { shut_down(stop_tasks); });
  };
  api_->doctor = [this] { return doctor(); };
  if (config_.default_cluster) {
    Json request = Json::object();
    (void)control_->clusters.create(api_->defaults, request);
  }

  if (!config_.dry) {
    DRYDOCK_LET(api_->execs, runtime::ExecSessions::create(api_->streams->loop(), machine_));
  }
  UniqueFd tcp;
  if (config_.listen != "none") {
    const auto colon = config_.listen.rfind(':');
    const std::string address = config_.listen.substr(0, colon);
    DRYDOCK_LET(tcp, http::listen_tcp(address, std::stoi(config_.listen.substr(colon + 1))));
    DRYDOCK_LET(const int port, http::bound_port(tcp.get()));
    if (network_) DRYDOCK_TRY(network_->guard_from_host_tasks(port));
    tcp_address_ = address + ":" + std::to_string(port);
    api_->facts.tcp_address = tcp_address_;
    control_->exec.set_endpoint(tcp_address_);
  }
  http::Surface surface;
  surface.handler = api::ecs_handler(api_);
  surface.streams_body = api::streams_body(api_);
  surface.limits.ask_peer_uid = true;
  DRYDOCK_LET(UniqueFd unix_socket, http::listen_unix(instance_.run + "/drydock.sock", 0660,
                                                      socket_group(config_.group)));
  door_->open(std::move(unix_socket), surface);
  if (tcp) door_->open(std::move(tcp), surface);
  if (task_listener_) {
    surface.handler = task_api_handler(api::ecs_handler(api_), api_->upstream, engine_->world(),
                                       config_.tasks_api == "sts");
    if (!config_.upstream_tasks) surface.streams_body = nullptr;
    surface.limits.ask_peer_uid = false;
    door_->open(std::move(task_listener_), surface);
  }
  for (auto& [id, listeners] : std::exchange(aws_listeners_, {}))
    for (UniqueFd& listener : listeners) listen_for_aws(id, std::move(listener));
  log::info("listening on " + addresses());
  return {};
}

}  // namespace drydock::daemon
