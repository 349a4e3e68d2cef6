#include "runtime/shim/program/supervise.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>

#include "base/files.h"
#include "logrouter/checkpoint.h"
#include "logrouter/journal.h"
#include "runtime/shim/program/copier.h"
#include "runtime/shim/program/join_groups.h"
#include "runtime/shim/program/record_slot.h"
#include "runtime/shim/program/runtime_call.h"
#include "runtime/shim/program/stdio.h"
#include "runtime/shim/records.h"

namespace drydock::runtime::shim {
namespace {

using logrouter::JournalWriter;
using logrouter::Stream;

void complain(const Error& error) {
  std::fprintf(stderr, "drydock-shim: %s\n", error.message.c_str());
}

// Tells an engine that waits for the end-of-file (protocol.h).
void let_go(int fd) {
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (null) ::dup2(null.get(), fd);
}

Exited failed(Failure failure, std::string error) {
  Exited e;
  e.failure = failure;
  e.error = std::move(error);
  return e;
}

// Tells when a destination has got on; nothing when there is none to wait for.
Result<UniqueFd> watch_checkpoint(const std::string& file) {
  if (file.empty()) return UniqueFd();
  DRYDOCK_TRY(make_dirs(file.substr(0, file.rfind('/'))));
  DRYDOCK_TRY(logrouter::Checkpoint::open(file));
  UniqueFd fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!fd) return fail_errno("watch " + file);
  if (::inotify_add_watch(fd.get(), file.c_str(), IN_MODIFY) < 0)
    return fail_errno("watch " + file);
  return fd;
}

// What must be there before the container starts.
struct Prepared {
  JournalWriter journal;
  Stdio stdio;
  RecordSlot started;
  UniqueFd checkpoint_moved;
};

Result<Prepared> prepare(const Request& r) {
  DRYDOCK_TRY(join_groups(r.join));
  DRYDOCK_LET(RecordSlot started, RecordSlot::reserve(r.bundle, kStartedFile));
  // A checkpoint that cannot be watched must not stop the container for ever.
  auto moved = watch_checkpoint(r.checkpoint);
  DRYDOCK_LET(JournalWriter journal,
              JournalWriter::open(r.journal,
                                  {r.segment_bytes, r.journal_bytes, moved ? r.checkpoint : ""}));
  DRYDOCK_LET(Stdio stdio, Stdio::make(r));
  // The container's first process becomes our child when the runtime that made it ends.
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return fail_errno("become the container's parent");
  return Prepared{std::move(journal), std::move(stdio), std::move(started),
                  moved ? std::move(*moved) : UniqueFd()};
}

Status report_started(RecordSlot& slot, pid_t pid) {
  Started s;
  s.pid = pid;
  s.started_at = now();
  DRYDOCK_LET(const std::string stat, read_file("/proc/" + std::to_string(pid) + "/stat", 4096));
  s.start_ticks = start_ticks(stat);
  return slot.commit(text_of(s));
}

// From the running container to its end: copies its output, learns how it ended.
Result<Exited> attend(const Request& r, Prepared& p, pid_t pid) {
  // It is our child and not reaped: the number is still its own.
  const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) return fail_errno("open container process " + std::to_string(pid));
  Copier copier(p.journal, std::move(p.checkpoint_moved));
  if (r.terminal) {
    DRYDOCK_LET(UniqueFd terminal, p.stdio.terminal());
    copier.add(Stream::kStdout, std::move(terminal));
  } else {
    copier.add(Stream::kStdout, std::move(p.stdio.from_stdout));
    copier.add(Stream::kStderr, std::move(p.stdio.from_stderr));
  }
  DRYDOCK_TRY(report_started(p.started, pid));
  let_go(STDOUT_FILENO);
  copier.run(pidfd.get());
  DRYDOCK_LET(const Ended ended, reap(pidfd.get()));
  Exited e;
  e.code = ended.code;
  e.signal = ended.signal;
  return e;
}

Exited run(const Request& r) {
  auto prepared = prepare(r);
  if (!prepared) return failed(Failure::kShim, prepared.error().message);
  const auto kills_before = oom_kills(r.oom_files);
  const auto pid = run_container(r, prepared->stdio);
  if (!pid) {
    prepared->started.cancel();
    return failed(pid.error().failure, pid.error().error);
  }
  auto exited = attend(r, *prepared, *pid);
  if (!exited) return failed(Failure::kLost, exited.error().message);
  exited->oom_killed = oom_kills(r.oom_files) > kills_before;
  return *exited;
}

}  // namespace

Result<UniqueFd> take_bundle(const std::string& bundle) {
  const std::string path = bundle + "/" + kLockFile;
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return fail_errno("open " + path);
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (::fcntl(fd.get(), F_SETLK, &lock) != 0)
    return fail(Errc::kBusy, path + ": another shim holds this bundle");
  // retire_bundle may have been faster (adopt.h).
  struct stat st {};
  if (::fstat(fd.get(), &st) != 0 || st.st_nlink == 0)
    return fail(Errc::kNotFound, path + ": the bundle was given up");
  return fd;
}

End supervise(const Request& r) {
  auto slot = RecordSlot::reserve(r.bundle, kExitFile);
  if (!slot) {
    complain(slot.error());
    return End::kNoRecord;
  }
  Exited exited = run(r);
  exited.exited_at = now();
  const auto reported = slot->commit(text_of(exited));
  if (!reported) complain(reported.error());
  let_go(STDOUT_FILENO);
  let_go(STDERR_FILENO);
  // A container that could not be learned of is removed all the same.
  bool leftovers = false;
  if (is_known(r)) leftovers = !delete_container(r).has_value();
  if (!reported) return End::kNoRecord;
  return leftovers ? End::kLeftovers : End::kDone;
}

}  // namespace drydock::runtime::shim
