#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/unique_fd.h"
#include "runtime/cgroup_internal.h"

namespace drydock::runtime::cg {
namespace {

// In the child: system calls only, other threads' locks may be held for ever. Says how far it came:
// 'k', or 'e' and errno.
[[noreturn]] void enter_and_hold(const std::vector<std::string>& files, int report, int hold) {
  struct {
    char outcome = 'k';
    int error = 0;
  } said;
  for (const std::string& file : files) {
    const int fd = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0 || ::write(fd, "0", 1) != 1) said = {'e', errno};
    if (said.outcome != 'k') break;
  }
  if (said.outcome == 'k' && ::unshare(CLONE_NEWCGROUP) != 0) said = {'e', errno};
  if (::write(report, &said, sizeof said) == static_cast<ssize_t>(sizeof said)) {
    char end = 0;
    while (::read(hold, &end, 1) < 0 && errno == EINTR) {
    }
  }
  ::_exit(0);
}

struct Report {
  char outcome = 'e';
  int error = EPIPE;
};

Report await(int fd) {
  Report report;
  while (::read(fd, &report, sizeof report) < 0 && errno == EINTR) {
  }
  return report;
}

}  // namespace

bool is_namespace(const std::string& file) {
  struct statfs st {};
  return ::statfs(file.c_str(), &st) == 0 && st.f_type == NSFS_MAGIC;
}

Status drop_namespace(const std::string& file) {
  if (is_namespace(file) && ::umount2(file.c_str(), MNT_DETACH) != 0)
    return fail_errno("unmount " + file);
  if (::unlink(file.c_str()) != 0 && errno != ENOENT) return fail_errno("remove " + file);
  return {};
}

Status keep_namespace(const std::vector<std::string>& folders, const std::string& file) {
  DRYDOCK_TRY(drop_namespace(file));
  if (UniqueFd made(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)); !made)
    return fail_errno("make " + file);
  std::vector<std::string> files;
  files.reserve(folders.size());
  for (const std::string& folder : folders) files.push_back(folder + "/cgroup.procs");
  int report[2];
  int hold[2];
  if (::pipe2(report, O_CLOEXEC) != 0) return fail_errno("pipe");
  UniqueFd report_read(report[0]);
  UniqueFd report_write(report[1]);
  if (::pipe2(hold, O_CLOEXEC) != 0) return fail_errno("pipe");
  UniqueFd hold_read(hold[0]);
  UniqueFd hold_write(hold[1]);

  // The namespace's root is the group of whoever makes it, and only a process, not a thread, may
  // change groups on v2.
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno("fork");
  if (pid == 0) {
    ::close(hold_write.release());  // otherwise the child would wait for itself
    enter_and_hold(files, report_write.get(), hold_read.get());
  }
  report_write.reset();
  const Report said = await(report_read.get());
  int error = said.outcome == 'k' ? 0 : said.error;
  const std::string source = "/proc/" + std::to_string(pid) + "/ns/cgroup";
  if (error == 0 && ::mount(source.c_str(), file.c_str(), nullptr, MS_BIND, nullptr) != 0)
    error = errno;
  hold_write.reset();
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (error != 0) {
    ::unlink(file.c_str());
    return fail_errno("keep a cgroup namespace at " + file, error);
  }
  return {};
}

}  // namespace drydock::runtime::cg
