#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <ctime>

#include "base/files.h"
#include "runtime/cgroup.h"
#include "runtime/cgroup_internal.h"

namespace drydock::runtime {

namespace cg {

Status write_value(const std::string& file, std::string_view value) {
  UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return fail_errno("open " + file);
  if (::write(fd.get(), value.data(), value.size()) < 0)
    return fail_errno("write '" + std::string(value) + "' to " + file);
  return {};
}

Result<bool> make_group(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0755) == 0) return true;
  if (errno != EEXIST) return fail_errno("make cgroup " + folder);
  return false;
}

std::vector<std::string> groups_below(const std::string& folder) {
  std::vector<std::string> all;
  struct stat st {};
  if (::lstat(folder.c_str(), &st) != 0 || !S_ISDIR(st.st_mode)) return all;
  if (st.st_nlink != 2)  // a group without children has two links: its files need not be looked at
    for (const std::string& name : list_dir(folder)) {
      std::vector<std::string> below = groups_below(folder + "/" + name);
      all.insert(all.end(), std::make_move_iterator(below.begin()),
                 std::make_move_iterator(below.end()));
    }
  all.push_back(folder);
  return all;
}

std::uint64_t keyed_number(const std::string& file, std::string_view key) {
  const auto text = read_file(file, 65536);
  if (!text) return 0;
  const std::string lines = "\n" + *text;
  const std::size_t at = lines.find("\n" + std::string(key) + " ");
  std::uint64_t value = 0;
  if (at != std::string::npos)
    (void)std::from_chars(lines.data() + at + key.size() + 2, lines.data() + lines.size(), value);
  return value;
}

}  // namespace cg

namespace {

using Clock = std::chrono::steady_clock;

int left_ms(Clock::time_point until) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
  return static_cast<int>(std::clamp<long long>(left, 0, 60'000));
}

struct Target {
  pid_t pid;
  UniqueFd fd;
};

std::vector<Target> open_all(const std::vector<pid_t>& pids) {
  std::vector<Target> targets;
  for (const pid_t pid : pids)
    if (UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); fd)
      targets.push_back({pid, std::move(fd)});
  return targets;
}

void await_exits(const std::vector<Target>& targets, Clock::time_point until) {
  for (const Target& target : targets) {
    pollfd wait{target.fd.get(), POLLIN, 0};
    while (::poll(&wait, 1, left_ms(until)) < 0 && errno == EINTR) {
    }
  }
}

Status still_there(const std::string& path, const std::vector<pid_t>& pids) {
  std::string list;
  for (std::size_t i = 0; i < pids.size() && i < 8; ++i)
    list += (i ? ", " : "") + std::to_string(pids[i]);
  return fail(Errc::kBusy, "processes of cgroup " + path + " do not end: " + list);
}

}  // namespace

std::vector<pid_t> Cgroups::processes(const std::string& path) const {
  std::set<pid_t> pids;
  std::set<std::string> where = {mounts_.of("memory"), mounts_.of("freezer")};
  where.erase("");
  for (const std::string& root : where)
    for (const std::string& group : cg::groups_below(root + path)) {
      const auto text = read_file(group + "/cgroup.procs");
      if (!text) continue;
      const char* at = text->data();
      const char* end = at + text->size();
      for (pid_t pid = 0; at < end; ++at) {
        const auto [next, ec] = std::from_chars(at, end, pid);
        if (ec != std::errc{}) break;
        if (pid > 0) pids.insert(pid);  // 0: of a pid namespace we do not see
        at = next;
      }
    }
  return {pids.begin(), pids.end()};
}

Status Cgroups::kill_all(const std::string& path, std::chrono::milliseconds deadline) const {
  const auto until = Clock::now() + deadline;
  if (mounts_.pure_v2()) {
    auto killed = cg::write_value(mounts_.unified + path + "/cgroup.kill", "1");
    if (killed) return wait_empty(path, until);
    if (!exists(mounts_.unified + path)) return {};
  }
  const std::string freezer =
      mounts_.v1.empty() ? std::string() : mounts_.of("freezer") + path + "/freezer.state";
  for (;;) {
    if (processes(path).empty()) return {};
    // Frozen processes make no new ones while the list is read. Without a freezer the loop catches
    // up with them.
    if (!freezer.empty()) (void)cg::write_value(freezer, "FROZEN");
    std::vector<Target> targets = open_all(processes(path));
    // A process that is listed after its descriptor was opened is the one behind that descriptor.
    const std::vector<pid_t> listed = processes(path);
    for (const Target& target : targets)
      if (std::binary_search(listed.begin(), listed.end(), target.pid))
        ::syscall(SYS_pidfd_send_signal, target.fd.get(), SIGKILL, nullptr, 0);
    if (!freezer.empty()) (void)cg::write_value(freezer, "THAWED");
    await_exits(targets, until);
    if (Clock::now() >= until) {
      const std::vector<pid_t> rest = processes(path);
      return rest.empty() ? Status() : still_there(path, rest);
    }
  }
}

Status Cgroups::wait_empty(const std::string& path, Clock::time_point until) const {
  const std::string file = mounts_.unified + path + "/cgroup.events";
  UniqueFd events(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!events) return errno == ENOENT || errno == ENODEV ? Status() : fail_errno("open " + file);
  for (;;) {
    char text[256];
    const ssize_t n = ::pread(events.get(), text, sizeof text, 0);
    if (n < 0) return errno == ENODEV ? Status() : fail_errno("read " + file);
    if (std::string_view(text, static_cast<std::size_t>(n)).find("populated 1") ==
        std::string_view::npos)
      return {};
    pollfd wait{events.get(), POLLPRI, 0};
    const int changed = ::poll(&wait, 1, left_ms(until));
    if (changed == 0) return still_there(path, processes(path));
    if (changed < 0 && errno != EINTR) return fail_errno("wait for " + file);
  }
}

Status Cgroups::remove(const std::string& path, std::chrono::milliseconds deadline) const {
  const auto until = Clock::now() + deadline;
  DRYDOCK_TRY(kill_all(path, deadline));
  for (const std::string& root : roots())
    for (const std::string& group : cg::groups_below(root + path))
      while (::rmdir(group.c_str()) != 0 && errno != ENOENT) {
        if (errno != EBUSY || Clock::now() >= until) return fail_errno("remove cgroup " + group);
        // A killed process leaves its v1 groups a moment after its exit is visible, and no event
        // tells of that.
        const timespec moment{0, 200'000};
        (void)::nanosleep(&moment, nullptr);
      }
  return {};
}

Result<std::vector<std::string>> Cgroups::sweep(const std::set<std::string>& known) const {
  std::set<std::string> unknown;
  for (const std::string& root : roots())
    for (const std::string& name : list_dir(root + parent_ + "/ecs")) {
      struct stat st {};
      if (known.count(name) == 0 && ::lstat((root + parent_ + "/ecs/" + name).c_str(), &st) == 0 &&
          S_ISDIR(st.st_mode))
        unknown.insert(name);
    }
  for (const std::string& task : unknown) DRYDOCK_TRY(remove_task(task));
  return std::vector<std::string>(unknown.begin(), unknown.end());
}

Status Cgroups::remove_all() const {
  DRYDOCK_TRY(remove(parent_ + "/ecs"));
  DRYDOCK_TRY(cg::drop_namespace(namespace_));
  for (const std::string& root : roots())
    for (const std::string& group :
         cg::groups_below(root + parent_))  // nobody is killed here: we may be in it
      if (::rmdir(group.c_str()) != 0 && errno != ENOENT)
        return fail_errno("remove cgroup " + group);
  return {};
}

std::string Cgroups::oom_file(const std::string& path) const {
  return mounts_.of("memory") + path +
         (mounts_.pure_v2() ? "/memory.events" : "/memory.oom_control");
}

std::uint64_t Cgroups::oom_kills(const std::string& path) const {
  return cg::keyed_number(oom_file(path), "oom_kill");
}

}  // namespace drydock::runtime
