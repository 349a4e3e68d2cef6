#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/doctor/checks.h"
#include "cli/output.h"

namespace drydock::cli {
namespace {

constexpr int kCapNetAdmin = 12, kCapSysAdmin = 21, kCapSysResource = 24;

Check ok(std::string name, std::string detail) {
  return {std::move(name), Verdict::kOk, std::move(detail), {}, {}};
}

Check kernel(const Facts& f) {
  int major = 0, minor = 0;
  std::sscanf(f.kernel.c_str(), "%d.%d", &major,
              &minor);  // NOLINT: zeros stay when it is no version
  if (major > 5 || (major == 5 && minor >= 11)) return ok("kernel", f.kernel);
  return {"kernel", Verdict::kBroken, f.kernel + ", which is older than 5.11",
          "safe handling of paths and processes (openat2, pidfd, close_range)",
          "boot a newer kernel; Debian 12 has 6.1"};
}

Check privileges(const Facts& f) {
  if (!f.root && f.daemon_answers) return ok("privileges", "not root; the daemon that answers is");
  if (!f.root)
    return {"privileges", Verdict::kBroken, "not root, and no daemon answers",
            "the daemon makes namespaces and mounts",
            "sudo drydock daemon start; then members of the group drydock may use it. sudo drydock "
            "doctor sees more"};
  const auto has = [&](int capability) { return (f.capabilities >> capability & 1) != 0; };
  if (!has(kCapSysAdmin) || !has(kCapNetAdmin))
    return {"privileges", Verdict::kBroken,
            "root without CAP_SYS_ADMIN or CAP_NET_ADMIN (an unprivileged container?)",
            "namespaces, mounts, networks", "start the surrounding container with --privileged"};
  if (!has(kCapSysResource))
    return {"privileges", Verdict::kWarning, "root without CAP_SYS_RESOURCE",
            "ulimits of a task definition above this process' hard limits",
            "start the surrounding container with --privileged"};
  return ok("privileges", "root");
}

Check cgroups(const Facts& f) {
  if (f.cgroup_version == 0)
    return {"cgroups", Verdict::kBroken, "nothing is mounted at /sys/fs/cgroup",
            "limits of tasks and containers", "mount -t cgroup2 none /sys/fs/cgroup"};
  std::string have, missing;
  for (const char* need : {"cpu", "memory", "pids"})
    if (std::find(f.controllers.begin(), f.controllers.end(), need) == f.controllers.end())
      missing += (missing.empty() ? "" : ", ") + std::string(need);
  for (const auto& c : f.controllers) have += (have.empty() ? "" : " ") + c;
  const std::string version = "version " + std::to_string(f.cgroup_version);
  if (missing.empty()) return ok("cgroups", version + ": " + have);
  return {"cgroups", Verdict::kBroken, version + " without " + missing,
          "limits of tasks and containers",
          "add cgroup_enable=memory to the kernel's command line, or delegate the controllers to "
          "this container"};
}

Check namespaces(const Facts& f) {
  if (f.missing_namespaces.empty()) return ok("namespaces", "cgroup ipc mnt net pid uts");
  std::string missing;
  for (const auto& n : f.missing_namespaces) missing += (missing.empty() ? "" : " ") + n;
  return {"namespaces", Verdict::kBroken, "the kernel lacks: " + missing, "containers",
          "boot a kernel built with them"};
}

Check overlay(const Facts& f) {
  const std::string fix_place =
      "use another folder: drydock daemon start --root DIR on ext4, xfs, btrfs or tmpfs";
  if (f.root_filesystem == "overlay")
    return {"overlayfs", Verdict::kBroken,
            f.root_folder + " lies on an overlay itself (inside a container?)",
            "root file systems of containers", "mount a volume or a tmpfs there, or " + fix_place};
  if (f.overlay_tested && !f.overlay_error.empty())
    return {"overlayfs", Verdict::kBroken,
            "a test mount at " + f.root_folder + " failed: " + f.overlay_error,
            "root file systems of containers", fix_place};
  if (f.overlay_tested) return ok("overlayfs", "mounts below " + f.root_folder);
  if (f.overlay_known || f.daemon_answers)
    return ok("overlayfs", "known to the kernel (not tried: not root)");
  return {"overlayfs", Verdict::kWarning, "not loaded, and only root can try it",
          "root file systems of containers", "sudo modprobe overlay"};
}

Check program(const std::string& name, const std::string& path, const std::string& version,
              const std::string& lost, const std::string& package, Verdict without) {
  if (!path.empty()) return ok(name, path + (version.empty() ? "" : " (" + version + ")"));
  return {name, without, "not installed", lost, "apt install " + package};
}

Check runtime(const Facts& f) {
  if (!f.runtime.empty() && f.runtime_version.empty())
    return {"runtime", Verdict::kBroken, f.runtime + " does not answer --version", "containers",
            "reinstall it, or name another with --runtime"};
  return program("runtime", f.runtime, f.runtime_version, "containers", "runc", Verdict::kBroken);
}

Check firewall(const Facts& f) {
  if (!f.nft.empty() && !f.nft_error.empty())
    return {"nftables", Verdict::kBroken, f.nft + ": " + f.nft_error, "the tasks' network",
            "modprobe nf_tables, or boot a kernel with it"};
  return program("nftables", f.nft, f.nft_version, "the tasks' network", "nftables",
                 Verdict::kBroken);
}

Check forwarding(const Facts& f) {
  if (f.ip_forward != 0) return ok("ip_forward", f.ip_forward == 1 ? "on" : "unknown");
  if (f.root && !f.daemon_answers)
    return ok("ip_forward", "off; the daemon turns it on when it starts");
  return {"ip_forward", Verdict::kWarning, "off", "tasks reach neither each other nor the outside",
          "sudo sysctl -w net.ipv4.ip_forward=1"};
}

Check port(const Facts& f) {
  if (f.listen.empty()) return ok("port", "none: the daemon serves its unix socket only");
  if (f.listen_error.empty())
    return ok("port", f.listen + (f.daemon_answers ? " (the daemon's)" : " is free"));
  return {"port", Verdict::kWarning, f.listen + ": " + f.listen_error, "AWS clients over TCP",
          "end what holds it (ss -ltnp), or drydock daemon start --listen 127.0.0.1:4600"};
}

Check open_files(const Facts& f) {
  if (f.nofile_hard >= 65535 || f.nofile_hard < 0)
    return ok("open files",
              f.nofile_hard < 0 ? "unknown" : "hard limit " + std::to_string(f.nofile_hard));
  return {"open files", Verdict::kWarning, "hard limit " + std::to_string(f.nofile_hard),
          "Fargate gives containers 65535; they get fewer here, and the daemon serves fewer tasks",
          "ulimit -Hn 1048576 before the daemon starts, or use the systemd unit"};
}

Check disk(const Facts& f) {
  if (f.free_bytes < 0) return ok("disk", "unknown");
  const std::string detail = human_size(f.free_bytes) + " free for " + f.root_folder;
  if (f.free_inodes >= 0 && f.free_inodes < 1000)
    return {"disk", Verdict::kWarning, detail + ", but hardly any inodes", "unpacking of images",
            "remove files, or use another --root"};
  if (f.free_bytes >= 2e9) return ok("disk", detail);
  return {"disk", f.free_bytes < 100e6 ? Verdict::kBroken : Verdict::kWarning, detail,
          "images and logs", "free some space: drydock images, drydock rmi; or use another --root"};
}

Check group(const Facts& f) {
  if (f.group_exists) return ok("group", f.group_name);
  return {"group", Verdict::kWarning, "there is no group " + f.group_name, "use without root",
          "sudo groupadd --system " + f.group_name};
}

Check leftovers(const Facts& f) {
  std::string found;
  std::size_t others = 0;
  for (const auto& [instance, what] : f.leftovers) {
    if (instance == f.own_instance) continue;
    if (++others <= 3)
      found += (found.empty() ? "" : "; ") + ("instance " + instance + ": " + what);
  }
  if (others > 3) found += "; and of " + std::to_string(others - 3) + " more";
  if (found.empty()) return ok("leftovers", "none");
  return {"leftovers", Verdict::kWarning, found + " (no daemon that answers here owns them)",
          "nothing, but they take room",
          "start a daemon with the --root it had, which sweeps them, or ignore them if such a "
          "daemon runs"};
}

Check daemon(const Facts& f) {
  if (f.daemon_answers) return ok("daemon", "answers, instance " + f.own_instance);
  return ok("daemon", f.daemon_error.empty() ? "not running" : f.daemon_error);
}

}  // namespace

std::vector<Check> judge(const Facts& f) {
  std::vector<Check> checks = {kernel(f), privileges(f), namespaces(f), cgroups(f)};
  checks.push_back(f.seccomp
                       ? ok("seccomp", "on")
                       : Check{"seccomp", Verdict::kBroken, "the kernel has no seccomp filters",
                               "the containers' system call filter",
                               "boot a kernel with CONFIG_SECCOMP_FILTER"});
  checks.push_back(overlay(f));
  checks.push_back(runtime(f));
  checks.push_back(firewall(f));
  checks.push_back(program("tini", f.tini, "", "initProcessEnabled", "tini", Verdict::kWarning));
  for (auto check : {forwarding, port, open_files, disk, group, leftovers, daemon})
    checks.push_back(check(f));
  return checks;
}

std::vector<Check> daemon_checks(const Json& answer) {
  std::vector<Check> checks;
  const Json* list = json_find(answer, "checks");
  if (!list || !list->is_array()) return checks;
  for (const auto& c : *list)
    checks.push_back({json_string(c, "name"),
                      json_bool(c, "ok", true) ? Verdict::kOk : Verdict::kBroken,
                      json_string(c, "detail"),
                      {},
                      json_string(c, "fix")});
  return checks;
}

}  // namespace drydock::cli
