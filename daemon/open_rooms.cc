#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "base/logging.h"
#include "daemon/daemon.h"
#include "daemon/image_options.h"
#include "daemon/log_forward.h"
#include "daemon/secret_sources.h"

// The rooms below the engine: those that every daemon has, and those of one that runs containers.
namespace drydock::daemon {
namespace {

constexpr int kWorkers = 6;
constexpr int kPulls = 8;

}  // namespace

Status Daemon::open_rooms() {
  machine_.paths = {instance_.root, instance_.run};
  machine_.loop = &loop_;
  machine_.segment_bytes = static_cast<std::uint64_t>(config_.logs_segment_bytes);
  machine_.journal_bytes = static_cast<std::uint64_t>(config_.logs_journal_bytes);
  workers_ = std::make_unique<WorkerPool>(kWorkers);
  machine_.workers = workers_.get();
  pulls_ = std::make_unique<WorkerPool>(kPulls);
  machine_.pulls = pulls_.get();
  DRYDOCK_LET(vault_, secrets::Vault::open(instance_.root + "/secrets"));
  machine_.vault = vault_.get();
  secrets_ = std::make_unique<secrets::Chain>(secret_sources(config_, *vault_));
  machine_.secrets = secrets_.get();
  if (config_.dry) return {};
  DRYDOCK_TRY(open_programs());
  DRYDOCK_TRY(open_logs());
  DRYDOCK_TRY(open_cgroups());
  DRYDOCK_TRY(open_images());
  return open_volumes();
}

Status Daemon::open_programs() {
  DRYDOCK_LET(machine_.runtime, find_runtime(config_.runtime));
  DRYDOCK_LET(machine_.shim, find_own_program("drydock-shim"));
  machine_.init_program = find_init();
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  machine_.probes_at_once =
      config_.health_concurrency > 0 ? static_cast<int>(config_.health_concurrency) : 2 * cores;
  machine_.host = runtime::host_limits();
  machine_.container_metadata = config_.metadata_container_file;
  return {};
}

Status Daemon::open_logs() {
  logrouter::Pump::Options logs;
  logs.tell = [this](const std::string& task_id, const std::string& text) {
    log::warn(text);
    loop_.post([this, task_id, text] {
      if (engine_) engine_->note(task_id, text);
    });
  };
  DRYDOCK_LET(logs_, logrouter::Pump::start(std::move(logs)));
  machine_.logs = logs_.get();
  forwarding_ = log_forwarding(config_);
  machine_.awslogs = forwarding_ ? &*forwarding_ : nullptr;
  return {};
}

Status Daemon::open_cgroups() {
  DRYDOCK_LET(runtime::CgroupMounts mounts, runtime::cgroup_mounts());
  DRYDOCK_LET(cgroups_,
              runtime::Cgroups::open(std::move(mounts), "/drydock-" + instance_.id, instance_.run));
  // A service of systemd stays in the group that systemd made for it (docs/decisions/014).
  const bool service = std::getenv("INVOCATION_ID") && ::getppid() == 1;
  if (!service) DRYDOCK_TRY(cgroups_->enter_daemon_group());
  machine_.cgroups = &*cgroups_;
  return {};
}

Status Daemon::open_images() {
  images::StoreOptions options;
  options.root = instance_.root;
  DRYDOCK_LET(images_, images::Store::open(std::move(options)));
  machine_.images = images_.get();
  puller_ = std::make_unique<images::Puller>(*images_, pull_options(config_));
  provider_ = std::make_unique<images::Provider>(*images_, *puller_, provider_options(config_));
  machine_.provider = provider_.get();
  machine_.objects = config_.s3_objects;
  router_ = std::make_unique<BuiltinRouter>(*images_);
  machine_.builtin_router = [this] { return router_->image(); };
  local_aws_ = std::make_unique<LocalAws>(instance_.root + "/tls/authority.pem");
  machine_.aws_authority = [this] { return local_aws_->authority(); };
  return {};
}

Status Daemon::open_volumes() {
  volumes::VolumesOptions volumes;
  volumes.root = machine_.paths.volumes();
  volumes.run = machine_.paths.shared_mounts();
  DRYDOCK_LET(volumes.efs_program, find_own_program("drydock-efs"));
  volumes.configured = configured_efs(config_);
  volumes.storage_limit = storage_limit(config_);
  volumes.join = cgroups_->shim_files();
  volumes.loop = &loop_;
  DRYDOCK_LET(volumes_, volumes::Volumes::open(std::move(volumes)));
  machine_.volumes = volumes_.get();
  return {};
}

}  // namespace drydock::daemon
