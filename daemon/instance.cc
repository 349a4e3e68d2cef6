#include "daemon/instance.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <cstring>

#include "base/files.h"
#include "base/ids.h"

namespace drydock::daemon {
namespace {

constexpr const char* kFolders[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
                                    "/usr/bin",        "/sbin",          "/bin"};

Result<UniqueFd> lock_folder(const std::string& folder, const std::string& flag) {
  const std::string file = folder + "/daemon.lock";
  UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return fail_errno("open " + file);
  // A record lock, not flock(2): that one would live on in a child that a killed daemon had forked
  // and that has not yet become another program.
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(fd.get(), F_SETLK, &whole) != 0) {
    if (errno != EAGAIN && errno != EACCES) return fail_errno("lock " + file);
    return fail(Errc::kBusy, "another daemon uses " + folder +
                                 ": stop it (drydock daemon stop), or give this one " + flag +
                                 " with another folder");
  }
  return fd;
}

// `made` gets what had to be made for it.
Result<std::string> resolved(const std::string& folder, std::vector<std::string>& made) {
  std::vector<std::string> missing;
  for (std::string path = folder; path.size() > 1 && !exists(path); path.resize(path.rfind('/')))
    missing.push_back(path);
  DRYDOCK_TRY(make_dirs(folder, 0755));
  char path[PATH_MAX];
  if (!::realpath(folder.c_str(), path)) return fail_errno("find " + folder);
  made.insert(made.end(), missing.begin(), missing.end());
  return std::string(path);
}

constexpr std::string_view kStartLock = "start.lock";  // of `drydock daemon start`, which waits

bool is_unused(const std::string& run) {
  const auto names = list_dir(run);
  return std::all_of(names.begin(), names.end(), [](const auto& n) { return n == kStartLock; });
}

}  // namespace

void undo_folders(const Instance& instance) {
  const auto empty = [](const std::string& folder) {
    for (const auto& name : list_dir(folder))
      if (name != kStartLock) (void)remove_tree(folder + "/" + name);
  };
  if (instance.root_was_empty) empty(instance.root);
  if (instance.run_was_empty) empty(instance.run);
  for (const auto& folder : instance.made) ::rmdir(folder.c_str());  // others may use it by now
}

Result<Instance> open_instance(const Config& config) {
  Instance instance;
  DRYDOCK_LET(instance.root, resolved(config.root, instance.made));
  DRYDOCK_LET(instance.run, resolved(config.run, instance.made));
  instance.run_was_empty = is_unused(instance.run);
  instance.root_was_empty = list_dir(instance.root).empty();
  DRYDOCK_LET(instance.root_lock, lock_folder(instance.root, "--root"));
  if (instance.run != instance.root) {
    DRYDOCK_LET(instance.run_lock, lock_folder(instance.run, "--run"));
  }
  instance.id = sha256_hex(instance.root).substr(0, 8);
  return instance;
}

Result<std::string> find_runtime(const std::string& name) {
  if (name.starts_with('/')) {
    if (::access(name.c_str(), X_OK) == 0) return name;
    return fail(Errc::kNotFound,
                "the container runtime " + name + " cannot be run: " + std::strerror(errno));
  }
  for (const char* folder : kFolders)
    if (const std::string file = std::string(folder) + "/" + name;
        ::access(file.c_str(), X_OK) == 0)
      return file;
  return fail(Errc::kNotFound, "the container runtime " + name +
                                   " is not installed: apt-get install " + name +
                                   ", or give --runtime PATH");
}

Result<std::string> find_own_program(const std::string& name) {
  char self[PATH_MAX];
  const ssize_t n = ::readlink("/proc/self/exe", self, sizeof self - 1);
  std::string folder = n > 0 ? std::string(self, static_cast<std::size_t>(n)) : "/usr/bin/drydockd";
  folder.resize(folder.rfind('/'));
  for (const char* place : {"/", "/../libexec/drydock/"})
    if (const std::string file = folder + place + name; ::access(file.c_str(), X_OK) == 0)
      return file;
  return fail(Errc::kNotFound, name + " is neither in " + folder + " nor in " + folder +
                                   "/../libexec/drydock: install Drydock completely");
}

std::string find_init() {
  for (const char* file :
       {"/usr/bin/tini-static", "/usr/libexec/docker/docker-init", "/usr/bin/catatonit"})
    if (::access(file, X_OK) == 0) return file;
  return {};
}

Result<bool> booted_since(const std::string& root) {
  DRYDOCK_LET(const std::string current, read_file("/proc/sys/kernel/random/boot_id", 128));
  const std::string file = root + "/boot_id";
  const auto before = read_file(file, 128);
  if (before && *before == current) return false;
  DRYDOCK_TRY(write_file_atomic(file, current, 0600));
  return before.has_value();
}

void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void notify_ready() {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (!path || (path[0] != '/' && path[0] != '@')) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (std::strlen(path) >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, path, std::strlen(path));
  if (path[0] == '@') address.sun_path[0] = '\0';
  UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  constexpr std::string_view kReady = "READY=1";
  if (fd)
    ::sendto(fd.get(), kReady.data(), kReady.size(), MSG_NOSIGNAL,
             reinterpret_cast<sockaddr*>(&address),
             static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(path)));
}

}  // namespace drydock::daemon
