#include "runtime/bundle/spec.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "runtime/bundle/capabilities.h"
#include "runtime/bundle/seccomp.h"
#include "runtime/bundle/spec_mounts.h"

namespace drydock::runtime {
namespace {

constexpr const char* kPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr std::int64_t kFargateNofile = 65535;  // task-definition.md 4.4
constexpr std::int64_t kMiB = 1 << 20;
constexpr int kLeastMemoryMib = 4;  // below it no container starts; the ECS agent raises it too

bool has_variable(const std::vector<std::string>& environment, std::string_view name) {
  return std::any_of(environment.begin(), environment.end(), [&](const std::string& entry) {
    return entry.size() > name.size() && entry[name.size()] == '=' &&
           entry.compare(0, name.size(), name) == 0;
  });
}

Json environment_of(const BundleInput& in) {
  Json list = Json::array();
  if (!has_variable(in.environment, "PATH")) list.push_back(kPath);
  if (!has_variable(in.environment, "HOSTNAME")) list.push_back("HOSTNAME=" + in.place.hostname);
  if (in.container.pseudo_terminal && !has_variable(in.environment, "TERM"))
    list.push_back("TERM=xterm");
  if (!has_variable(in.environment, "HOME")) list.push_back("HOME=" + in.user.home);
  for (const std::string& entry : in.environment) list.push_back(entry);
  return list;
}

std::string working_directory(const BundleInput& in) {
  std::string path = in.container.working_directory.empty() ? in.image.working_directory
                                                            : in.container.working_directory;
  if (path.empty() || path.front() != '/') path.insert(0, "/");
  return path;
}

Json user_json(const ContainerUser& user) {
  return {{"uid", user.uid}, {"gid", user.gid}, {"additionalGids", user.additional_gids}};
}

// -1 is "unlimited" in a task definition.
std::uint64_t limit_value(std::int64_t value) {
  return value < 0 ? ~0ull : static_cast<std::uint64_t>(value);
}

Json rlimits(const BundleInput& in, std::vector<std::string>& notes) {
  std::vector<taskdef::Ulimit> wanted = in.container.ulimits;
  if (std::none_of(wanted.begin(), wanted.end(), [](const auto& u) { return u.name == "nofile"; }))
    wanted.push_back({"nofile", kFargateNofile, kFargateNofile});
  Json list = Json::array();
  for (const taskdef::Ulimit& ulimit : wanted) {
    std::uint64_t soft = limit_value(ulimit.soft);
    std::uint64_t hard = limit_value(ulimit.hard);
    if (const auto most = in.host.hard_limits.find(ulimit.name);
        most != in.host.hard_limits.end() && hard > most->second) {
      notes.push_back("container '" + in.container.name + "': ulimit " + ulimit.name + " is " +
                      std::to_string(most->second) + " instead of " + std::to_string(ulimit.hard) +
                      ": Drydock has no right to raise it on this machine (CAP_SYS_RESOURCE)");
      hard = most->second;
    }
    soft = std::min(soft, hard);
    std::string name = "RLIMIT_" + ulimit.name;
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
      return static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    });
    list.push_back({{"type", name}, {"hard", hard}, {"soft", soft}});
  }
  return list;
}

bool no_new_privileges(const taskdef::ContainerDefinition& container) {
  const auto& options = container.docker_security_options;
  return std::any_of(options.begin(), options.end(), [](const std::string& o) {
    return o == "no-new-privileges" || o == "no-new-privileges:true" ||
           o == "no-new-privileges=true";
  });
}

Result<Json> process(const BundleInput& in, const std::vector<std::string>& capabilities,
                     std::vector<std::string>& notes) {
  std::vector<std::string> args = container_args(in.container, in.image);
  if (args.empty() || args.front().empty())
    return fail(Errc::kInvalid,
                "container '" + in.container.name +
                    "': No command specified: neither the task definition nor the image names one");
  if (in.container.linux_parameters.init_process_enabled && !in.place.init_program.empty())
    args.insert(args.begin(), {kInitInContainer, "--"});
  Json json;
  json["terminal"] = in.container.pseudo_terminal;
  json["user"] = user_json(in.user);
  json["args"] = args;
  json["env"] = environment_of(in);
  json["cwd"] = working_directory(in);
  // No inheritable or ambient set: a process of another user loses them at exec, as in Docker.
  json["capabilities"] = {
      {"bounding", capabilities}, {"effective", capabilities}, {"permitted", capabilities}};
  json["rlimits"] = rlimits(in, notes);
  json["noNewPrivileges"] = no_new_privileges(in.container);
  return json;
}

Json memory(const BundleInput& in) {
  Json json = Json::object();
  const auto& linux_parameters = in.container.linux_parameters;
  if (in.container.memory_mib) {
    const std::int64_t limit = std::max(*in.container.memory_mib, kLeastMemoryMib) * kMiB;
    json["limit"] = limit;
    // OCI's swap is memory plus swap. Fargate has none; maxSwap exists on EC2 only.
    if (in.place.swap_limit)
      json["swap"] = limit + linux_parameters.max_swap_mib.value_or(0) * kMiB;
  }
  if (in.container.memory_reservation_mib)
    json["reservation"] = *in.container.memory_reservation_mib * kMiB;
  if (linux_parameters.max_swap_mib && linux_parameters.swappiness)
    json["swappiness"] = *linux_parameters.swappiness;
  return json;
}

Json resources(const BundleInput& in) {
  Json json;
  Json& devices = json["devices"] = Json::array();
  devices.push_back({{"allow", in.container.privileged}, {"access", "rwm"}});
  for (const DeviceFacts& device : in.devices)
    devices.push_back({{"allow", true},
                       {"type", device.block ? "b" : "c"},
                       {"major", device.major},
                       {"minor", device.minor},
                       {"access", device.access}});
  if (Json limits = memory(in); !limits.empty()) json["memory"] = std::move(limits);
  json["cpu"] = {{"shares", std::clamp(in.container.cpu, 2, 262144)}};  // unset, 0 and 1 mean 2
  return json;
}

Json namespaces(const BundleInput& in) {
  Json list = Json::array();
  auto add = [&](const char* type, const std::string& path) {
    Json entry{{"type", type}};
    if (!path.empty()) entry["path"] = path;
    list.push_back(std::move(entry));
  };
  if (in.pid_mode != "host") add("pid", in.place.pid_namespace);
  if (in.ipc_mode != "host") add("ipc", in.place.ipc_namespace);
  add("mount", "");
  add("uts", "");
  if (!in.place.netns_path.empty()) add("network", in.place.netns_path);
  if (!in.place.cgroup_namespace.empty()) add("cgroup", in.place.cgroup_namespace);
  return list;
}

Result<Json> sysctls(const BundleInput& in) {
  static constexpr std::string_view kIpc[] = {
      "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem",
      "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced"};
  Json json = Json::object();
  for (const taskdef::KeyValue& control : in.container.system_controls) {
    const std::string& name = control.name;
    const bool own = name.rfind("net.", 0) == 0 || name.rfind("fs.mqueue.", 0) == 0 ||
                     std::find(std::begin(kIpc), std::end(kIpc), name) != std::end(kIpc);
    if (!own)
      return fail(
          Errc::kInvalid,
          "container '" + in.container.name + "': systemControls namespace '" + name +
              "' belongs to the whole machine; net.*, fs.mqueue.* and the IPC limits are allowed");
    json[name] = control.value;
  }
  return json;
}

Json device_nodes(const BundleInput& in) {
  Json list = Json::array();
  for (const DeviceFacts& device : in.devices)
    list.push_back({{"path", device.path},
                    {"type", device.block ? "b" : "c"},
                    {"major", device.major},
                    {"minor", device.minor},
                    {"fileMode", device.mode},
                    {"uid", device.uid},
                    {"gid", device.gid}});
  return list;
}

void hide_paths(Json& linux_part) {
  linux_part["maskedPaths"] = {"/proc/asound",
                               "/proc/acpi",
                               "/proc/kcore",
                               "/proc/keys",
                               "/proc/latency_stats",
                               "/proc/timer_list",
                               "/proc/timer_stats",
                               "/proc/sched_debug",
                               "/proc/scsi",
                               "/sys/firmware",
                               "/sys/devices/virtual/powercap"};
  linux_part["readonlyPaths"] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                                 "/proc/sysrq-trigger"};
}

}  // namespace

std::vector<std::string> container_args(const taskdef::ContainerDefinition& container,
                                        const ImageFacts& image) {
  const bool own_entry = container.entry_point && !container.entry_point->empty();
  const bool own_command = container.command && !container.command->empty();
  std::vector<std::string> args = own_entry ? *container.entry_point : image.entry_point;
  if (own_command)
    args.insert(args.end(), container.command->begin(), container.command->end());
  else if (!own_entry)
    args.insert(args.end(), image.command.begin(), image.command.end());
  return args;
}

Result<Json> oci_spec(const BundleInput& in, std::vector<std::string>& notes) {
  const auto& parameters = in.container.linux_parameters;
  std::vector<std::string> refused;
  const std::vector<std::string> capabilities =
      container_capabilities(parameters.capabilities_add, parameters.capabilities_drop,
                             in.container.privileged, in.host.capabilities, refused);
  for (const std::string& name : refused)
    notes.push_back("container '" + in.container.name + "': " + name +
                    " is missing: Drydock itself has it not");
  if (parameters.init_process_enabled && in.place.init_program.empty())
    notes.push_back("container '" + in.container.name +
                    "': initProcessEnabled has no effect: no static init is installed");

  Json spec;
  spec["ociVersion"] = "1.0.2";
  DRYDOCK_LET(spec["process"], process(in, capabilities, notes));
  spec["root"] = {{"path", in.place.rootfs}, {"readonly", in.container.readonly_root_filesystem}};
  spec["hostname"] = in.place.hostname;
  spec["mounts"] = spec_mounts(in);
  Json& linux_part = spec["linux"];
  linux_part["namespaces"] = namespaces(in);
  linux_part["cgroupsPath"] = in.place.cgroups_path;
  linux_part["resources"] = resources(in);
  DRYDOCK_LET(Json controls, sysctls(in));
  if (!controls.empty()) linux_part["sysctl"] = std::move(controls);
  if (!in.devices.empty()) linux_part["devices"] = device_nodes(in);
  if (!in.container.privileged) {
    linux_part["seccomp"] = seccomp_filter(capabilities, in.host.machine);
    hide_paths(linux_part);
  }
  return spec;
}

}  // namespace drydock::runtime
