#include "runtime/engine/prepare.h"

#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/files.h"
#include "base/json.h"
#include "images/snapshot.h"
#include "runtime/bundle/environment.h"
#include "runtime/bundle/metadata_file.h"
#include "runtime/bundle/mounts.h"
#include "runtime/bundle/spec.h"
#include "runtime/bundle/users.h"
#include "runtime/engine/container_network.h"
#include "runtime/engine/environment_files.h"
#include "runtime/engine/local_aws.h"
#include "runtime/engine/log_delivery.h"
#include "runtime/engine/router_resource.h"
#include "runtime/engine/sandbox.h"
#include "runtime/engine/take_image.h"
#include "runtime/shim/adopt.h"
#include "runtime/task_limits.h"
#include "volumes/bind.h"
#include "volumes/plan.h"

namespace drydock::runtime {
namespace {

using lifecycle::StartError;

const images::Image* image_of(const PrepareInput& in, const std::string& container) {
  const auto& all = in.spec->definition.containers;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i].name == container) return in.images[i].get();
  return nullptr;
}

// The mounts of `container`, those it takes from others first (volumesFrom has no cycles:
// registration refuses them).
Result<std::vector<BindMount>> mounts_of(const Machine& m, const PrepareInput& in,
                                         const taskdef::ContainerDefinition& container,
                                         const std::map<std::string, std::string>& volume_paths,
                                         int depth = 0) {
  if (depth > 10)
    return fail(Errc::kInvalid, "volumesFrom of container " + container.name + " goes in a circle");
  MountInput input;
  input.container = container;
  if (const images::Image* image = image_of(in, container.name))
    input.image_volumes = image->config.volumes;
  input.volumes = volume_paths;
  input.anonymous_folder =
      volumes::anonymous_folder(m.paths.volumes(), in.spec->task_id, container.name);
  for (const taskdef::VolumeFrom& from : container.volumes_from)
    for (const taskdef::ContainerDefinition& other : in.spec->definition.containers)
      if (other.name == from.source_container) {
        DRYDOCK_LET(input.others[other.name], mounts_of(m, in, other, volume_paths, depth + 1));
      }
  return container_mounts(input);
}

bool has_metadata_file(const Machine& m, const TaskSpec& spec) {
  return m.container_metadata && spec.launch_type == "EC2";
}

// Its first form; the daemon completes it when the container has started.
Status write_metadata_file(const Machine& m, const PrepareInput& in, const std::string& name) {
  const TaskSpec& spec = *in.spec;
  if (!has_metadata_file(m, spec)) return {};
  const std::string folder = m.paths.bundle(spec.task_id, name) + "/metadata";
  DRYDOCK_TRY(make_dirs(folder));
  return write_file_atomic(folder + "/" + kMetadataFileName,
                           metadata_file_text(spec, name, network_of(in.networks, name), {}));
}

Placement placement(const Machine& m, const PrepareInput& in, const std::string& name) {
  const TaskSpec& spec = *in.spec;
  const std::string& runtime_id = spec.container_ids.at(name);
  Placement p;
  p.rootfs = m.paths.rootfs(spec.task_id, name);
  const NetworkView& network = network_of(in.networks, name);
  p.hostname = container_hostname(spec, in.container, network);
  p.netns_path = namespace_path(network);
  p.cgroups_path = m.cgroups->container_path(spec.task_id, runtime_id);
  p.cgroup_namespace = m.cgroups->namespace_path();
  p.cgroup_mounts = m.cgroups->container_mounts(spec.task_id, runtime_id);
  p.swap_limit = m.cgroups->swap_limit();
  p.cgroup2 = m.cgroups->mounts().pure_v2();
  place_in_sandbox(m.paths, spec, p);
  p.init_program = m.init_program;
  const std::string folder = etc_folder(m.paths, spec, name, network);
  for (const char* file : {"hosts", "hostname", "resolv.conf"})
    p.files.push_back({folder + "/" + file, std::string("/etc/") + file, false, false, ""});
  if (has_metadata_file(m, spec))
    p.files.push_back({m.paths.bundle(spec.task_id, name) + "/metadata",
                       metadata_folder(spec, name), true, false, ""});
  for (BindMount& mount : router_mounts(m.paths, spec, in.container))
    p.files.push_back(std::move(mount));
  return p;
}

// The built-in log router stands in for another image: what the definition says of that one's
// programs and users means nothing in it.
taskdef::ContainerDefinition as_run(taskdef::ContainerDefinition c, const images::Image& image) {
  if (!is_builtin_router(image)) return c;
  c.entry_point.reset();
  c.command.reset();
  c.user.clear();
  c.working_directory.clear();
  return c;
}

// The host's when the container is privileged, with the definition's own places and rights.
Result<std::vector<DeviceFacts>> devices_of(const taskdef::ContainerDefinition& c) {
  DRYDOCK_LET(std::vector<DeviceFacts> devices, device_facts(c.linux_parameters.devices));
  if (!c.privileged) return devices;
  std::set<std::string> named;
  for (const DeviceFacts& one : devices) named.insert(one.path);
  for (DeviceFacts& one : host_devices())
    if (named.insert(one.path).second) devices.push_back(std::move(one));
  return devices;
}

// Inside a mounted root: user, volumes, config.json.
tl::expected<std::vector<std::string>, PrepareError> write_bundle(const Machine& m,
                                                                  const PrepareInput& in) {
  const images::Image& image = *in.images[in.container];
  const taskdef::ContainerDefinition c =
      as_run(in.spec->definition.containers[in.container], image);
  std::vector<std::string> notes;
  auto failed = [](StartError kind) {
    return [kind](Error e) { return tl::unexpected(PrepareError{kind, std::move(e.message)}); };
  };
  BundleInput input;
  input.place = placement(m, in, c.name);

  if (needs_secrets(in.spec->definition) && !in.secrets)
    return failed(StartError::kResource)(
        {Errc::kNotFound, "the secrets of this task are lost: run it again", 0});
  if (auto fits = check_log_driver(m, *in.spec, in.container, in.secrets); !fits)
    return failed(StartError::kResource)(std::move(fits.error()));
  if (auto there = check_environment_files(m, *in.spec); !there)
    return failed(StartError::kResource)(std::move(there.error()));
  auto from_files = environment_from_files(m, *in.spec, c);
  if (!from_files) return failed(StartError::kResource)(std::move(from_files.error()));
  if (c.firelens_configuration)
    if (auto made = make_router_resource(m, *in.spec); !made)
      return failed(StartError::kResource)(std::move(made.error()));
  UniqueFd root(::open(input.place.rootfs.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return failed(StartError::kCreate)(fail_errno("open " + input.place.rootfs).value());
  auto user = resolve_user(root.get(), c.user.empty() ? image.config.user : c.user);
  if (!user) return failed(StartError::kStart)(std::move(user.error()));

  auto plan = m.volumes->plan(in.spec->definition, in.spec->task_id, in.spec->block_volume);
  if (!plan) return failed(StartError::kResource)(std::move(plan.error()));
  if (auto made = m.volumes->prepare(*plan, in.spec->task_id); !made)
    return failed(StartError::kResource)(std::move(made.error()));
  if (in.container == 0) notes = plan->notes;
  std::map<std::string, std::string> volume_paths;
  std::set<std::string> unfilled;
  for (const volumes::PlannedVolume& v : plan->volumes) {
    volume_paths[v.name] = v.source;
    if (!v.fills) unfilled.insert(v.name);
  }
  auto mounts = mounts_of(m, in, c, volume_paths);
  if (!mounts) return failed(StartError::kCreate)(std::move(mounts.error()));
  for (const BindMount& mount : *mounts) {
    if (!mount.from_image || unfilled.count(mount.volume)) continue;
    if (auto made = volumes::fill_from_image(m.paths.volumes(), in.spec->task_id, mount.source,
                                             root.get(), mount.destination);
        !made)
      return failed(StartError::kResource)(std::move(made.error()));
  }
  if (auto made = make_mount_points(root.get(), *mounts); !made)
    return failed(StartError::kCreate)(std::move(made.error()));
  if (auto written = write_own_etc_files(m.paths, *in.spec, in.container, in.networks); !written)
    return failed(StartError::kCreate)(std::move(written.error()));
  if (auto written = write_metadata_file(m, in, c.name); !written)
    return failed(StartError::kCreate)(std::move(written.error()));
  const auto environment = with_endpoint(
      container_environment(image.config.env, *in.spec, c, secret_environment(in.secrets, c.name),
                            *from_files, in.networks),
      reaches_daemon(network_of(in.networks, c.name)) ? m.endpoint_url : "");
  auto trust = make_trust(m, *in.spec, c, root.get(), environment);
  if (!trust) return failed(StartError::kResource)(std::move(trust.error()));
  for (BindMount& mount : trust->mounts) input.place.files.push_back(std::move(mount));
  if (auto made = make_mount_points(root.get(), input.place.files); !made)
    return failed(StartError::kCreate)(std::move(made.error()));

  auto devices = devices_of(c);
  if (!devices) return failed(StartError::kCreate)(std::move(devices.error()));
  input.container = c;
  input.pid_mode = in.spec->definition.pid_mode;
  input.ipc_mode = in.spec->definition.ipc_mode;
  input.image = {image.config.entrypoint, image.config.cmd, image.config.working_dir};
  input.user = std::move(*user);
  for (const taskdef::KeyValue& e : environment)
    input.environment.push_back(e.name + "=" + e.value);
  for (std::string& variable : trust->environment) {
    const auto name = variable.substr(0, variable.find('=') + 1);
    std::erase_if(input.environment, [&](const auto& one) { return one.starts_with(name); });
    input.environment.push_back(std::move(variable));
  }
  if (has_metadata_file(m, *in.spec))
    input.environment.push_back("ECS_CONTAINER_METADATA_FILE=" + metadata_folder(*in.spec, c.name) +
                                "/" + kMetadataFileName);
  input.mounts = std::move(*mounts);
  input.devices = std::move(*devices);
  input.host = m.host;
  auto document = oci_spec(input, notes);
  if (!document) return failed(StartError::kCreate)(std::move(document.error()));
  const std::string file = m.paths.bundle(in.spec->task_id, c.name) + "/config.json";
  if (auto written = write_file_atomic(file, dump_json(*document), 0600); !written)
    return failed(StartError::kCreate)(std::move(written.error()));
  return notes;
}

}  // namespace

Status prepare_task(const Machine& machine, const TaskSpec& spec,
                    const std::vector<NetworkView>& networks) {
  DRYDOCK_TRY(write_shared_etc_files(machine.paths, spec, networks));
  DRYDOCK_TRY(machine.cgroups->make_task(spec.task_id, task_limits(spec.definition, machine.host)));
  return make_sandbox(machine, spec);
}

std::string prepare_storage(const Machine& machine, const TaskSpec& spec) {
  if (spec.launch_type != "FARGATE") return "";  // others have none at AWS
  const bool named = spec.storage_mib > 0 || spec.definition.ephemeral_storage_gib > 0;
  const auto bytes = static_cast<std::uint64_t>(storage_mib(spec)) << 20;
  return machine.volumes->ephemeral().make(spec.task_id, {bytes, named});
}

tl::expected<Prepared, PrepareError> prepare_container(const Machine& machine,
                                                       const PrepareInput& in) {
  const TaskSpec& spec = *in.spec;
  const taskdef::ContainerDefinition& c = spec.definition.containers[in.container];
  const std::string bundle = machine.paths.bundle(spec.task_id, c.name);
  auto failed = [](Error e) {
    return tl::unexpected(PrepareError{StartError::kCreate, std::move(e.message)});
  };
  Prepared prepared;
  prepared.terminal = c.pseudo_terminal;
  prepared.interactive = c.interactive;
  if (auto made = make_dirs(bundle, 0700); !made) return failed(std::move(made.error()));
  if (!in.again) {
    images::RootfsRequest request;
    request.layers_dir = machine.images->layers_dir();
    request.lower = in.images[in.container]->lower;
    request.scratch = machine.paths.scratch(spec.task_id, c.name);
    request.target = machine.paths.rootfs(spec.task_id, c.name);
    if (auto made = make_dirs(request.scratch, 0711); !made) return failed(std::move(made.error()));
    auto rootfs = images::Rootfs::mount(request);
    if (!rootfs) return failed(std::move(rootfs.error()));
    auto notes = write_bundle(machine, in);
    if (!notes) return tl::unexpected(std::move(notes.error()));  // and the root is unmounted
    prepared.notes = std::move(*notes);
    rootfs->keep_mounted();
  }
  if (auto made = machine.cgroups->make_container(spec.task_id, spec.container_ids.at(c.name));
      !made)
    return failed(std::move(made.error()));
  if (auto ready = shim::prepare_bundle(bundle); !ready) return failed(std::move(ready.error()));
  return prepared;
}

}  // namespace drydock::runtime
