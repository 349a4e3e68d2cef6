#include "base/spawn.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/process.hpp>
#include <boost/process/extend.hpp>
#include <boost/process/posix.hpp>
#include <csignal>
#include <map>
#include <string_view>

namespace drydock {
namespace {
namespace bp = boost::process;

// What the child gets beside its arguments. on_exec_setup runs in the child between vfork and exec:
// system calls only.
struct CleanSlate : bp::extend::handler {
  explicit CleanSlate(const SpawnRequest& request) : identity(request.identity) {
    std::map<std::string_view, const std::string*> named;  // the last of a name counts
    for (const std::string& v : request.env)
      if (const auto eq = v.find('='); eq != v.npos) named[std::string_view(v).substr(0, eq)] = &v;
    for (const auto& [name, v] : named) variables.push_back(const_cast<char*>(v->c_str()));
    variables.push_back(nullptr);
    if (!identity) return;
    groups = identity->more_groups;
    groups.insert(groups.begin(), identity->gid);
  }

  // Not bp::environment, which reads beyond the end of shorter variables when it looks for one.
  template <class Executor>
  void on_setup(Executor& executor) const {
    executor.env = const_cast<char**>(variables.data());
  }

  template <class Executor>
  void on_exec_setup(Executor&) const {
    ::syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC);
    ::signal(SIGPIPE, SIG_DFL);  // the daemon ignores it, and ignoring is inherited through exec
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (identity) become(*identity, groups);
  }

  // The C library's functions would change the parent's threads too.
  static void become(const SpawnIdentity& who, const std::vector<gid_t>& all) {
    if (::syscall(SYS_setgroups, all.size(), all.data()) != 0 ||
        ::syscall(SYS_setresgid, who.gid, who.gid, who.gid) != 0 ||
        ::syscall(SYS_setresuid, who.uid, who.uid, who.uid) != 0)
      ::_exit(126);
  }

  std::optional<SpawnIdentity> identity;
  std::vector<gid_t> groups;
  std::vector<char*> variables;  // of the request, which outlives the call
};

// vfork shares memory with the child: no signal handler may run there.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~AllSignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace

Result<Child> spawn(const SpawnRequest& r) {
  AllSignalsBlocked guard;
  // Find a bad path before the fork, so exec practically never fails in the child.
  if (::access(r.program.c_str(), X_OK) != 0) return fail_errno("run " + r.program);
  std::error_code ec;
  UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  auto or_null = [&](int fd) { return fd >= 0 ? fd : null.get(); };
  bp::child c(bp::exe = r.program, bp::args = r.args, bp::posix::fd.bind(0, or_null(r.stdin_fd)),
              bp::posix::fd.bind(1, or_null(r.stdout_fd)),
              bp::posix::fd.bind(2, or_null(r.stderr_fd)), CleanSlate(r),
#ifndef DRYDOCK_NO_VFORK  // ThreadSanitizer and valgrind turn vfork into fork
              bp::posix::use_vfork,
#endif
              ec);
  if (ec) return fail_errno("exec " + r.program, ec.value());
  const pid_t pid = c.id();
  c.detach();  // otherwise ~child() sends SIGKILL
  UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) return fail_errno("pidfd_open");
  return Child{pid, std::move(pidfd)};
}

}  // namespace drydock
