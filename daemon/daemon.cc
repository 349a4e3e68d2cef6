#include "daemon/daemon.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/files.h"
#include "base/logging.h"
#include "daemon/image_options.h"
#include "daemon/task_agents.h"
#include "daemon/task_credentials.h"
#include "daemon/task_names.h"
#include "daemon/task_storage.h"
#include "metadata/routes.h"

namespace drydock::daemon {

std::string Daemon::addresses() const {
  return "unix://" + instance_.run + "/drydock.sock" +
         (tcp_address_.empty() ? "" : " http://" + tcp_address_);
}

http::Surface Daemon::metadata_surface(const std::string& task_id) {
  metadata::RateLimit rate{static_cast<double>(config_.metadata_rate_limit),
                           static_cast<double>(config_.metadata_burst)};
  http::Surface surface;
  metadata::Sources sources;
  sources.stats = [mounts = cgroups_->mounts()](const runtime::TaskView& task) {
    return metadata::take_sample(mounts, task);
  };
  sources.credentials = [this, task_id](const std::string& id) {
    return credentials_->find(task_id, id);
  };
  sources.agent = agents_->agent_of(task_id);
  sources.storage = storage_use(*volumes_, machine_.paths.volumes(), task_id, *workers_);
  surface.handler = metadata::metadata_handler(engine_->world(), task_id, std::move(sources), rate);
  surface.limits = metadata::metadata_limits();
  return surface;
}

// One endpoint a task, behind a door in each of its namespaces; or behind the one door that is this
// machine's.
void Daemon::listen_for_metadata(const std::string& task_id, UniqueFd listener) {
  if (ending_) return;
  const auto [at, fresh] = metadata_doors_.try_emplace(task_id);
  MetadataDoors& mine = at->second;
  if (fresh) mine.surface = metadata_surface(task_id);
  if (listener)
    mine.doors.push_back(door_->open(std::move(listener), mine.surface));
  else
    host_endpoint_->serve(task_id, mine.surface.handler);
}

void Daemon::close_metadata(const std::string& task_id) {
  const auto at = metadata_doors_.find(task_id);
  if (at == metadata_doors_.end() || ending_) return;
  for (const int door : at->second.doors) door_->close(door);
  host_endpoint_->forget(task_id);
  metadata_doors_.erase(at);
  agents_->forget(task_id);
}

void Daemon::listen_for_aws(const std::string& task_id, UniqueFd listener) {
  if (ending_) return;
  if (!api_) {  // adopted before there is an API
    aws_listeners_[task_id].push_back(std::move(listener));
    return;
  }
  auto surface = local_aws_->surface(api::ecs_handler(api_));
  if (!surface) return log::error("task " + task_id + ": " + surface.error().message);
  aws_doors_[task_id].push_back(door_->open(std::move(listener), std::move(*surface)));
}

void Daemon::close_aws(const std::string& task_id) {
  aws_listeners_.erase(task_id);
  const auto at = aws_doors_.find(task_id);
  if (at == aws_doors_.end() || ending_) return;
  for (const int door : at->second) door_->close(door);
  aws_doors_.erase(at);
}

void Daemon::task_changed(std::shared_ptr<const runtime::TaskView> view) {
  // Fetched before the task asks.
  if (view->last_status == runtime::TaskStatus::kStopped)
    credentials_->remove(view->spec->task_id);
  else
    credentials_->add(view->spec);
  if (network_) network_->names().put(view->spec->task_id, names_of(*view));
  if (agents_) agents_->changed(*view);
  control_->tasks.changed(std::move(view));
  if (on_change_) loop_.post(on_change_);
}

void Daemon::stop_all(const runtime::StopRequest& request) {
  const auto world = engine_->world().get();
  for (const auto& [id, view] : world->tasks) control_->tasks.stop_task(id, request);
}

std::size_t Daemon::live_tasks() const { return control_->tasks.live(); }

void Daemon::watch_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int s : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, s);
  signals_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  on_signal_ = loop_.readable(signals_.get(), [this] {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info))
      if (info.ssi_signo != SIGHUP) shut_down(config_.ephemeral);
  });
}

// --ephemeral: the daemon ends with whoever asked for it (decision 20).
void Daemon::watch_starter() {
  pid_t pid = ::getppid();
  if (const char* named = std::getenv("DRYDOCK_STARTER_PID")) {
    const std::string_view text = named;
    std::from_chars(text.data(), text.data() + text.size(), pid);
  }
  if (pid <= 1) return;
  starter_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!starter_) return shut_down(true);
  on_starter_ = loop_.readable(starter_.get(), [this] {
    on_starter_.cancel();
    log::info("the process that started this ephemeral daemon has ended");
    shut_down(true);
  });
}

void Daemon::shut_down(bool stop_tasks) {
  if (ending_) return;
  if (stop_tasks) control_->services.pause();
  if (!stop_tasks || live_tasks() == 0) return end();
  log::info("stopping " + std::to_string(live_tasks()) + " tasks");
  runtime::StopRequest request;
  request.reason = "Drydock was told to stop";
  request.now = std::exchange(stopping_tasks_, true);  // asked twice: without waiting
  stop_all(request);
  on_change_ = [this] {
    if (live_tasks() == 0) end();
  };
}

// The doors close while the loop still runs: their workers may be waiting for it.
void Daemon::end() {
  if (std::exchange(ending_, true)) return;
  if (agents_) agents_->end();
  if (host_endpoint_) host_endpoint_->end();
  log::info("ending; " + std::to_string(live_tasks()) + " tasks run on");
  closer_ = std::thread([this] {
    api_->close();
    door_.reset();
    loop_.stop();
  });
}

void Daemon::run() { loop_.run(); }

Daemon::~Daemon() {
  if (closer_.joinable()) closer_.join();
  if (host_endpoint_) host_endpoint_->end();
  if (api_) api_->close();
  door_.reset();
  if (engine_) engine_->end();
  credentials_.reset();
  pulls_.reset();
  log_keeper_.reset();
  target_calls_.reset();
  workers_.reset();
  logs_.reset();
  api_.reset();
  const bool nothing_left = !control_ || live_tasks() == 0;
  engine_.reset();
  balancer_.reset();
  sinks_.reset();
  control_.reset();
  store_.reset();
  if (network_) {
    const auto mode =
        nothing_left ? netns::CloseMode::kRemoveEverything : netns::CloseMode::kLeaveTasks;
    if (auto closed = network_->close(mode); !closed) log::warn(closed.error().message);
  }
  if (!instance_.run.empty()) ::unlink((instance_.run + "/drydock.sock").c_str());
  if (nothing_left && (cgroups_ || config_.dry)) leave_nothing();
  if (opened_ || !instance_.root_lock) return;
  provider_.reset();
  puller_.reset();
  images_.reset();
  undo_folders(instance_);
}

// With no task left, nothing in the kernel keeps our name.
void Daemon::leave_nothing() {
  if (cgroups_) {
    if (auto left = cgroups_->leave_daemon_group(); !left) log::warn(left.error().message);
    if (auto removed = cgroups_->remove_all(); !removed) log::warn(removed.error().message);
  }
  if (!config_.ephemeral) return;
  provider_.reset();
  puller_.reset();
  images_.reset();
  (void)remove_tree(instance_.run);
  if (instance_.root_was_empty)
    (void)remove_tree(instance_.root);  // what was there before is the user's
}

Result<int> Daemon::reset() {
  // On a door worker: asks the loop, and waits for the tasks' ends there.
  auto done = std::make_shared<std::promise<int>>();
  auto count = std::make_shared<int>(0);
  auto ended = done->get_future();
  loop_.post([this, done, count] {
    runtime::StopRequest request;
    request.reason = "Drydock was reset";
    request.now = true;
    *count = static_cast<int>(live_tasks());
    control_->services.forget_all();  // or it would start others in their place
    stop_all(request);
    auto finish = [this, done, count, told = std::make_shared<bool>(false)] {
      if (*told || live_tasks() > 0) return;
      *told = true;
      const auto world = engine_->world().get();
      for (const auto& [id, view] : world->tasks) (void)engine_->forget(id);
      control_->forget_all();
      on_change_ = nullptr;
      done->set_value(*count);
    };
    on_change_ = finish;
    loop_.post(on_change_);
  });
  if (ended.wait_for(std::chrono::seconds(60)) != std::future_status::ready)
    return fail(Errc::kBusy, "some tasks did not end within 60 s; see drydock ps");
  const int stopped = ended.get();
  DRYDOCK_TRY(vault_->clear());
  if (const Status saved = store_->committed().get(); !saved) return tl::unexpected(saved.error());
  return stopped;
}

Json Daemon::doctor() {
  Json checks = Json::array();
  auto add = [&](const char* name, bool ok, const std::string& detail, const std::string& fix) {
    Json check = Json::object();
    check["name"] = name;
    check["ok"] = ok;
    check["detail"] = detail;
    check["fix"] = fix;
    checks.push_back(std::move(check));
  };
  if (config_.dry) {
    add("mode", true, "dry: tasks live in memory, no container runs", "");
    return checks;
  }
  const netns::NetworkReport r = network_->report();
  add("network", true,
      "subnet " + r.subnet + ", bridge " + r.bridge + ", MTU " + std::to_string(r.mtu) + ", " +
          std::to_string(r.ready) + " namespaces ready, " + std::to_string(r.in_use) + " in use",
      "");
  if (!tasks_address_.empty())
    add("tasks.api", true, "tasks call http://" + tasks_address_ + " (" + config_.tasks_api + ")",
        "");
  if (api_->upstream)
    add("upstream", true,
        "calls for other services go to " + (config_.upstream_endpoint.empty()
                                                 ? "those of upstream.services"
                                                 : config_.upstream_endpoint),
        "");
  if (r.turned_on_ip_forward)
    add("ip_forward", true, "turned on by this daemon, until it ends without tasks", "");
  if (r.restored > 0)
    add("nftables", true,
        "another program removed rules of table " + r.table + " " + std::to_string(r.restored) +
            " times; they were written again",
        "");
  if (!r.forward_rules.empty())
    add("forwarding", true, "accept rules put into " + r.forward_rules, "");
  for (const netns::Published& p : r.lost_ports)
    add("published port", false,
        p.host_address + ":" + std::to_string(p.host_port) + " was taken by another program",
        "stop that program");
  for (const std::string& problem : r.problems) add("network", false, problem, "");
  for (const logrouter::DeliveryView& d : logs_->report())
    if (!d.trouble.empty())
      add("log delivery", false,
          d.task_id + "/" + d.container + " to " + d.destination + ": " + d.trouble + "; " +
              std::to_string(d.behind) + " bytes wait in the journal",
          "drydock logs shows the lines meanwhile; look at what should take them");
  if (!exists("/dev/fuse"))
    add("FUSE", false, "no /dev/fuse: EFS access points with a PosixUser fail", "modprobe fuse");
  if (!exists("/dev/loop-control"))
    add("loop devices", false,
        "no /dev/loop-control: EBS volumes fail, and no sparse file limits ephemeral storage",
        "modprobe loop");
  add("ephemeral storage", true, volumes_->ephemeral().description(), "");
  add("init", !machine_.init_program.empty(),
      machine_.init_program.empty() ? "no static init found: initProcessEnabled will fail"
                                    : machine_.init_program,
      machine_.init_program.empty() ? "apt-get install tini" : "");
  return checks;
}

}  // namespace drydock::daemon
