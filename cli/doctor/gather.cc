#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "base/files.h"
#include "cli/daemon_process.h"
#include "cli/doctor/checks.h"
#include "cli/doctor/overlay_trial.h"

namespace drydock::cli {
namespace {

constexpr std::chrono::milliseconds kProgramLimit{std::chrono::seconds(10)};
constexpr long kOverlayMagic = 0x794c7630, kCgroup2Magic = 0x63677270, kNfsMagic = 0x6969;

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string trimmed_file(const std::string& path) {
  const auto text = read_file(path, 1u << 20);
  return text ? first_line(*text) : std::string();
}

std::string find_program(const std::string& name) {
  if (name.starts_with('/')) return ::access(name.c_str(), X_OK) == 0 ? name : "";
  std::string found = find_in_path(name);
  // A user's PATH often lacks the folders of the system's programs.
  for (const char* folder : {"/usr/sbin/", "/sbin/", "/usr/bin/", "/usr/local/sbin/"})
    if (found.empty() && ::access((folder + name).c_str(), X_OK) == 0) found = folder + name;
  return found;
}

void gather_kernel(Facts& f) {
  utsname name{};
  if (::uname(&name) == 0) f.kernel = name.release;
  for (const char* ns : {"cgroup", "ipc", "mnt", "net", "pid", "uts"})
    if (!exists(std::string("/proc/self/ns/") + ns)) f.missing_namespaces.emplace_back(ns);
  const auto status = read_file("/proc/self/status", 1u << 20);
  std::istringstream lines(status ? *status : "");
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("Seccomp:")) f.seccomp = true;
    if (line.starts_with("CapEff:")) f.capabilities = std::strtoull(line.c_str() + 7, nullptr, 16);
  }
  const auto filesystems = read_file("/proc/filesystems", 1u << 20);
  f.overlay_known = filesystems && filesystems->find("\toverlay\n") != std::string::npos;
  const std::string forward = trimmed_file("/proc/sys/net/ipv4/ip_forward");
  f.ip_forward = forward.empty() ? -1 : forward == "0" ? 0 : 1;
}

void gather_cgroups(Facts& f) {
  struct statfs info {};
  if (::statfs("/sys/fs/cgroup", &info) != 0) return;
  std::istringstream words;
  if (info.f_type == kCgroup2Magic) {
    f.cgroup_version = 2;
    words.str(trimmed_file("/sys/fs/cgroup/cgroup.controllers"));
    for (std::string c; words >> c;) f.controllers.push_back(c);
    return;
  }
  for (const char* c : {"cpu", "cpuset", "memory", "pids", "blkio"})
    if (exists(std::string("/sys/fs/cgroup/") + c + "/cgroup.procs")) f.controllers.emplace_back(c);
  f.cgroup_version = f.controllers.empty() ? 0 : 1;
}

// The folder itself, or the nearest one above it that exists.
std::string nearest_folder(std::string path) {
  while (path.size() > 1 && !exists(path)) path.resize(std::max<std::size_t>(path.rfind('/'), 1));
  return path;
}

void gather_root_folder(Facts& f, const std::string& root) {
  f.root_folder = root;
  const std::string folder = nearest_folder(root);
  struct statfs info {};
  if (::statfs(folder.c_str(), &info) == 0)
    f.root_filesystem = info.f_type == kOverlayMagic ? "overlay"
                        : info.f_type == kNfsMagic   ? "nfs"
                                                     : "";
  struct statvfs space {};
  if (::statvfs(folder.c_str(), &space) == 0) {
    f.free_bytes = static_cast<double>(space.f_bavail) * static_cast<double>(space.f_frsize);
    f.free_inodes = space.f_files > 0 ? static_cast<double>(space.f_favail) : -1;
  }
  if (!f.root || f.root_filesystem == "overlay") return;
  const auto tried = try_overlay(folder);
  f.overlay_tested = true;
  if (!tried) f.overlay_error = tried.error().message;
}

void gather_programs(Facts& f, const std::string& runtime) {
  f.runtime = find_program(runtime);
  if (!f.runtime.empty())
    if (const auto said = output_of(f.runtime, {"--version"}, kProgramLimit);
        said && said->exit_code == 0)
      f.runtime_version = first_line(said->out);
  f.nft = find_program("nft");
  if (!f.nft.empty()) {
    if (const auto said = output_of(f.nft, {"--version"}, kProgramLimit))
      f.nft_version = first_line(said->out);
    if (f.root) {
      const auto listed = output_of(f.nft, {"list", "tables"}, kProgramLimit);
      if (!listed)
        f.nft_error = listed.error().message;
      else if (listed->exit_code != 0)
        f.nft_error = first_line(listed->out);
    }
  }
  f.tini = find_program("tini-static");
}

// Whether a listener could be had there; the socket is never listened on.
void gather_port(Facts& f, const std::string& listen) {
  f.listen = listen;
  if (listen.empty()) return;
  const auto colon = listen.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  int port = -1;
  if (colon != std::string::npos)
    std::from_chars(listen.data() + colon + 1, listen.data() + listen.size(), port);
  if (port < 0 || port > 65535 ||
      ::inet_pton(AF_INET, listen.substr(0, colon).c_str(), &address.sin_addr) != 1) {
    f.listen_error = "is not an address like 127.0.0.1:4590";
    return;
  }
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    f.listen_error = std::generic_category().message(errno);
}

bool is_instance(const std::string& text) {
  return text.size() == 8 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// Whether a process is in a control group or below it: then its daemon or its tasks are alive.
bool is_populated(const std::string& group, int depth = 0) {
  const auto processes = read_file(group + "/cgroup.procs", 1u << 20);
  if (processes && !processes->empty()) return true;
  if (depth == 4) return false;
  for (const auto& name : list_dir(group))
    if (name.find('.') == std::string::npos && is_populated(group + "/" + name, depth + 1))
      return true;
  return false;
}

// Bridges are called dd<instance>, control groups drydock-<instance>.
void gather_leftovers(Facts& f) {
  const auto add = [&](const std::string& instance, const std::string& what) {
    std::string& list = f.leftovers[instance];
    list += (list.empty() ? "" : ", ") + what;
  };
  for (const auto& link : list_dir("/sys/class/net"))
    if (link.starts_with("dd") && is_instance(link.substr(2)))
      add(link.substr(2), "bridge " + link);
  std::vector<std::string> alive;
  for (const char* folder : {"/sys/fs/cgroup/", "/sys/fs/cgroup/memory/"}) {
    for (const auto& group : list_dir(folder)) {
      if (!group.starts_with("drydock-") || !is_instance(group.substr(8))) continue;
      if (is_populated(folder + group)) alive.push_back(group.substr(8));
      add(group.substr(8), "control group " + (folder + group));
    }
  }
  for (const auto& instance : alive) f.leftovers.erase(instance);
}

}  // namespace

Facts gather_facts(const DoctorQuestion& question) {
  Facts f;
  f.root = ::geteuid() == 0;
  gather_kernel(f);
  gather_cgroups(f);
  gather_root_folder(f, question.root);
  gather_programs(f, question.runtime);
  gather_port(f, question.listen);
  gather_leftovers(f);
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0)
    f.nofile_hard =
        files.rlim_max == RLIM_INFINITY ? 1 << 30 : static_cast<long long>(files.rlim_max);
  f.group_exists = ::getgrnam(f.group_name.c_str()) != nullptr;  // NOLINT: one thread
  return f;
}

}  // namespace drydock::cli
