#include "runtime/bundle/spec.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "runtime/bundle/capabilities.h"
#include "runtime/bundle/seccomp.h"
#include "runtime/bundle/security_options.h"
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

// The runtime makes it when it is missing.
Result<std::string> working_directory(const BundleInput& in) {
  const std::string& own = in.container.working_directory;
  if (!own.empty() && own.front() != '/')
    return fail(Errc::kInvalid, "container '" + in.container.name + "': the working directory '" +
                                    own + "' is invalid, it needs to be an absolute path");
  std::string path = own.empty() ? in.image.working_directory : own;
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

Result<Json> process(const BundleInput& in, const std::vector<std::string>& capabilities,
                     const SecurityOptions& security, std::vector<std::string>& notes) {
  std::vector<std::string> args = container_args(in.container, in.image);
  if (args.empty() || args.front().empty())
    return fail(Errc::kInvalid,
                "container '" + in.container.name +
                    "': No command specified: neither the task definition nor the image names one");
  if (in.container.linux_parameters.init_process_enabled && !in.place.init_program.empty()) {
    std::vector<std::string> init = {kInitInContainer, "--"};
    if (!in.pid_mode.empty())
      init.insert(init.begin() + 1, "-s");  // it is not process 1: reaps all the same
    args.insert(args.begin(), init.begin(), init.end());
  }
  Json json;
  json["terminal"] = in.container.pseudo_terminal;
  json["user"] = user_json(in.user);
  json["args"] = args;
  json["env"] = environment_of(in);
  DRYDOCK_LET(json["cwd"], working_directory(in));
  // No inheritable or ambient set: a process of another user loses them at exec, as in Docker.
  json["capabilities"] = {
      {"bounding", capabilities}, {"effective", capabilities}, {"permitted", capabilities}};
  json["rlimits"] = rlimits(in, notes);
  json["noNewPrivileges"] = security.no_new_privileges;
  if (!security.apparmor.empty()) json["apparmorProfile"] = security.apparmor;
  return json;
}

// A container's memory is never more than the machine's: programs size themselves by it.
std::int64_t memory_bytes(const BundleInput& in, int mib) {
  if (in.host.memory_mib > 0) mib = std::min(mib, in.host.memory_mib);
  return std::max(mib, kLeastMemoryMib) * kMiB;
}

// OCI's swap is memory plus swap. Fargate has none; maxSwap exists on EC2 only.
void add_swap(const BundleInput& in, Json& json, std::vector<std::string>& notes) {
  const auto& parameters = in.container.linux_parameters;
  auto note = [&](const char* text) {
    notes.push_back("container '" + in.container.name + "': " + text);
  };
  if (!in.place.swap_limit) {
    if (parameters.max_swap_mib)
      note("maxSwap has no effect: this machine's kernel does not count swap");
    return;
  }
  if (json.contains("limit"))
    json["swap"] = json["limit"].get<std::int64_t>() + parameters.max_swap_mib.value_or(0) * kMiB;
  else if (parameters.max_swap_mib)
    note("maxSwap has no effect without 'memory'");
  if (!parameters.max_swap_mib || !parameters.swappiness) return;
  if (in.place.cgroup2)
    note("swappiness has no effect: cgroup v2 has none for a container");
  else
    json["swappiness"] = *parameters.swappiness;
}

Json memory(const BundleInput& in, std::vector<std::string>& notes) {
  Json json = Json::object();
  if (in.container.memory_mib) json["limit"] = memory_bytes(in, *in.container.memory_mib);
  if (in.container.memory_reservation_mib)
    json["reservation"] = memory_bytes(in, *in.container.memory_reservation_mib);
  add_swap(in, json, notes);
  return json;
}

Json resources(const BundleInput& in, std::vector<std::string>& notes) {
  Json json;
  Json& devices = json["devices"] = Json::array();
  devices.push_back({{"allow", in.container.privileged}, {"access", "rwm"}});
  for (const DeviceFacts& device : in.devices)
    devices.push_back({{"allow", true},
                       {"type", device.block ? "b" : "c"},
                       {"major", device.major},
                       {"minor", device.minor},
                       {"access", device.access}});
  if (Json limits = memory(in, notes); !limits.empty()) json["memory"] = std::move(limits);
  const int shares = std::clamp(in.container.cpu, 2, 262144);  // unset, 0 and 1 mean 2
  json["cpu"] = {{"shares", shares}};
  // Newer runtimes turn shares into a weight by another curve: ratios must not depend on that.
  if (in.place.cgroup2)
    json["unified"] = {{"cpu.weight", std::to_string(1 + (shares - 2) * 9999LL / 262142)}};
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
  if (in.place.netns_path) add("network", *in.place.netns_path);
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
    if (in.ipc_mode == "host" && name.rfind("net.", 0) != 0)
      return fail(Errc::kInvalid, "container '" + in.container.name +
                                      "': systemControls namespace '" + name +
                                      "' belongs to the IPC namespace, and with ipcMode host that "
                                      "is the whole machine's");
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
  const SecurityOptions security =
      security_options(in.container.docker_security_options, in.host.apparmor);
  for (const std::string& line : security.ignored)
    notes.push_back("container '" + in.container.name + "': dockerSecurityOptions " + line);
  if (parameters.shared_memory_size_mib && (in.ipc_mode == "host" || in.ipc_mode == "none"))
    notes.push_back("container '" + in.container.name +
                    "': sharedMemorySize has no effect with ipcMode " + in.ipc_mode);

  Json spec;
  spec["ociVersion"] = "1.0.2";
  DRYDOCK_LET(spec["process"], process(in, capabilities, security, notes));
  spec["root"] = {{"path", in.place.rootfs}, {"readonly", in.container.readonly_root_filesystem}};
  spec["hostname"] = in.place.hostname;
  spec["mounts"] = spec_mounts(in);
  Json& linux_part = spec["linux"];
  linux_part["namespaces"] = namespaces(in);
  linux_part["cgroupsPath"] = in.place.cgroups_path;
  linux_part["resources"] = resources(in, notes);
  DRYDOCK_LET(Json controls, sysctls(in));
  if (!controls.empty()) linux_part["sysctl"] = std::move(controls);
  if (!in.devices.empty()) linux_part["devices"] = device_nodes(in);
  if (!in.container.privileged) {
    if (!security.unconfined) linux_part["seccomp"] = seccomp_filter(capabilities, in.host.machine);
    hide_paths(linux_part);
  }
  return spec;
}

}  // namespace drydock::runtime
