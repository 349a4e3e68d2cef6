#include "runtime/engine/prepare.h"

#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/json.h"
#include "images/snapshot.h"
#include "netns/plan.h"
#include "runtime/bundle/environment.h"
#include "runtime/bundle/metadata_file.h"
#include "runtime/bundle/mounts.h"
#include "runtime/bundle/spec.h"
#include "runtime/bundle/users.h"
#include "runtime/shim/adopt.h"
#include "volumes/bind.h"
#include "volumes/plan.h"

namespace drydock::runtime {
namespace {

using lifecycle::StartError;

TaskLimits limits_of(const taskdef::TaskDefinition& d) {
  TaskLimits limits;
  limits.cpu_units = d.cpu;
  limits.memory_mib = d.memory_mib;
  if (d.cpu == 0)
    for (const auto& c : d.containers) limits.cpu_shares += c.cpu;
  return limits;
}

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

// Of a task that is not awsvpc: only there ECS allows them.
bool has_own_resolv_conf(const taskdef::ContainerDefinition& c) {
  return !c.dns_servers.empty() || !c.dns_search_domains.empty();
}

// What the container does not say is as for its task.
Status write_own_resolv_conf(const Machine& m, const PrepareInput& in) {
  const taskdef::ContainerDefinition& c = in.spec->definition.containers[in.container];
  if (!has_own_resolv_conf(c)) return {};
  const auto& servers = c.dns_servers.empty() ? in.network.dns_servers : c.dns_servers;
  const auto& search = c.dns_search_domains.empty() ? in.network.dns_search : c.dns_search_domains;
  return write_file_atomic(m.paths.bundle(in.spec->task_id, c.name) + "/resolv.conf",
                           netns::resolv_conf_file(servers, search));
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
                           metadata_file_text(spec, name, in.network, {}));
}

Placement placement(const Machine& m, const PrepareInput& in, const std::string& name) {
  const TaskSpec& spec = *in.spec;
  const std::string& runtime_id = spec.container_ids.at(name);
  Placement p;
  p.rootfs = m.paths.rootfs(spec.task_id, name);
  p.hostname = in.network.private_dns_name;
  p.netns_path = in.network.netns_path;
  p.cgroups_path = m.cgroups->container_path(spec.task_id, runtime_id);
  p.cgroup_namespace = m.cgroups->namespace_path();
  p.cgroup_mounts = m.cgroups->container_mounts(spec.task_id, runtime_id);
  p.swap_limit = m.cgroups->swap_limit();
  p.init_program = m.init_program;
  const std::string folder = m.paths.task(spec.task_id);
  for (const char* file : {"hosts", "hostname"})
    p.files.push_back({folder + "/" + file, std::string("/etc/") + file, false, false, ""});
  const taskdef::ContainerDefinition& c = spec.definition.containers[in.container];
  p.files.push_back(
      {(has_own_resolv_conf(c) ? m.paths.bundle(spec.task_id, name) : folder) + "/resolv.conf",
       "/etc/resolv.conf", false, false, ""});
  if (has_metadata_file(m, spec))
    p.files.push_back({m.paths.bundle(spec.task_id, name) + "/metadata",
                       metadata_folder(spec, name), true, false, ""});
  return p;
}

// Inside a mounted root: user, volumes, config.json.
tl::expected<std::vector<std::string>, PrepareError> write_bundle(const Machine& m,
                                                                  const PrepareInput& in) {
  const taskdef::ContainerDefinition& c = in.spec->definition.containers[in.container];
  const images::Image& image = *in.images[in.container];
  std::vector<std::string> notes;
  auto failed = [](StartError kind) {
    return [kind](Error e) { return tl::unexpected(PrepareError{kind, std::move(e.message)}); };
  };
  BundleInput input;
  input.place = placement(m, in, c.name);

  UniqueFd root(::open(input.place.rootfs.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return failed(StartError::kCreate)(fail_errno("open " + input.place.rootfs).value());
  auto user = resolve_user(root.get(), c.user.empty() ? image.config.user : c.user);
  if (!user) return failed(StartError::kStart)(std::move(user.error()));

  auto plan = volumes::volume_plan(in.spec->definition, in.spec->task_id, m.paths.volumes());
  if (!plan) return failed(StartError::kResource)(std::move(plan.error()));
  if (auto made = volumes::prepare(*plan, m.paths.volumes(), in.spec->task_id); !made)
    return failed(StartError::kResource)(std::move(made.error()));
  std::map<std::string, std::string> volume_paths;
  for (const volumes::PlannedVolume& v : plan->volumes) volume_paths[v.name] = v.source;
  auto mounts = mounts_of(m, in, c, volume_paths);
  if (!mounts) return failed(StartError::kCreate)(std::move(mounts.error()));
  for (const BindMount& mount : *mounts) {
    if (!mount.from_image) continue;
    if (auto made = volumes::fill_from_image(m.paths.volumes(), in.spec->task_id, mount.source,
                                             root.get(), mount.destination);
        !made)
      return failed(StartError::kResource)(std::move(made.error()));
  }
  if (auto made = make_mount_points(root.get(), *mounts); !made)
    return failed(StartError::kCreate)(std::move(made.error()));
  if (auto written = write_own_resolv_conf(m, in); !written)
    return failed(StartError::kCreate)(std::move(written.error()));
  if (auto written = write_metadata_file(m, in, c.name); !written)
    return failed(StartError::kCreate)(std::move(written.error()));
  if (auto made = make_mount_points(root.get(), input.place.files); !made)
    return failed(StartError::kCreate)(std::move(made.error()));

  auto devices = device_facts(c.linux_parameters.devices);
  if (!devices) return failed(StartError::kCreate)(std::move(devices.error()));
  input.container = c;
  input.pid_mode = in.spec->definition.pid_mode;
  input.ipc_mode = in.spec->definition.ipc_mode;
  input.image = {image.config.entrypoint, image.config.cmd, image.config.working_dir};
  input.user = std::move(*user);
  for (const taskdef::KeyValue& e :
       with_endpoint(container_environment(image.config.env, *in.spec, c), m.endpoint_url))
    input.environment.push_back(e.name + "=" + e.value);
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

netns::TaskPlace place_of(const TaskSpec& spec) {
  return {spec.subnet_id, spec.security_groups, spec.cluster_arn};
}

Status remember_network(const Paths& paths, const std::string& task_id,
                        const netns::KnownSlot& slot) {
  Json document = {{"slot", slot.slot},
                   {"address", slot.address},
                   {"subnet", slot.subnet_cidr},
                   {"ipv6", slot.ipv6},
                   {"subnetId", slot.place.subnet_id},
                   {"securityGroups", slot.place.security_groups},
                   {"cluster", slot.place.cluster},
                   {"published", Json::array()}};
  for (const netns::Published& p : slot.published)
    document["published"].push_back({{"hostAddress", p.host_address},
                                     {"hostPort", p.host_port},
                                     {"containerPort", p.container_port},
                                     {"protocol", p.protocol}});
  return write_file_atomic(paths.network_file(task_id), dump_json(document), 0600);
}

Status prepare_task(const Machine& machine, const TaskSpec& spec,
                    const netns::TaskNetwork& network) {
  const std::string folder = machine.paths.task(spec.task_id);
  DRYDOCK_TRY(make_dirs(folder, 0711));
  // First of all: from here on a later daemon knows whose namespace this is.
  DRYDOCK_TRY(remember_network(machine.paths, spec.task_id,
                               {network.slot,
                                network.address,
                                {},
                                place_of(spec),
                                network.subnet_cidr,
                                !network.ipv6_address.empty()}));
  DRYDOCK_TRY(write_file_atomic(folder + "/hosts", network.hosts_text()));
  DRYDOCK_TRY(write_file_atomic(folder + "/hostname", network.hostname_text()));
  DRYDOCK_TRY(write_file_atomic(folder + "/resolv.conf", network.resolv_conf_text()));
  return machine.cgroups->make_task(spec.task_id, limits_of(spec.definition));
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

std::vector<netns::KnownSlot> known_slots(const Paths& paths,
                                          const std::vector<std::string>& task_ids) {
  std::vector<netns::KnownSlot> slots;
  for (const std::string& id : task_ids) {
    auto text = read_file(paths.network_file(id), 1u << 20);
    if (!text) continue;
    auto document = parse_json(*text);
    if (!document || json_string(*document, "address").empty()) continue;
    netns::KnownSlot slot;
    slot.slot = static_cast<int>(json_int(*document, "slot", -1));
    slot.address = json_string(*document, "address");
    slot.subnet_cidr = json_string(*document, "subnet");
    slot.ipv6 = json_bool(*document, "ipv6");
    slot.place.subnet_id = json_string(*document, "subnetId");
    slot.place.cluster = json_string(*document, "cluster");
    if (const Json* groups = json_find(*document, "securityGroups"); groups && groups->is_array())
      for (const Json& group : *groups)
        if (group.is_string()) slot.place.security_groups.push_back(group.get<std::string>());
    if (const Json* published = json_find(*document, "published");
        published && published->is_array())
      for (const Json& p : *published)
        slot.published.push_back(
            {json_string(p, "hostAddress"), static_cast<int>(json_int(p, "hostPort")),
             static_cast<int>(json_int(p, "containerPort")), json_string(p, "protocol")});
    if (slot.slot >= 0) slots.push_back(std::move(slot));
  }
  return slots;
}

}  // namespace drydock::runtime
