// drydock-efs: the mount of an EFS access point that enforces a user. The daemon has mounted it and
// started this process as that user: standard input is the mount's /dev/fuse, standard output the
// folder. It ends when the mount is gone (docs/decisions/024). The arguments only tell people which
// mount it is.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "volumes/access/program/locks.h"
#include "volumes/access/program/served.h"

namespace drydock::volumes::access {
namespace {

void begin(void*, fuse_conn_info* connection) {
  connection->want |= connection->capable & (FUSE_CAP_POSIX_LOCKS | FUSE_CAP_FLOCK_LOCKS |
                                             FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE);
}

int serve(char* name) {
  UniqueFd folder(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!folder || !null || ::dup2(null.get(), STDOUT_FILENO) < 0) return 1;
  Inodes all(std::move(folder));
  fuse_lowlevel_ops ops{};
  ops.init = begin;
  add_names(ops);
  add_files(ops);
  add_facts(ops);
  add_folders(ops);
  char* arguments[] = {name, nullptr};
  fuse_args args = FUSE_ARGS_INIT(1, arguments);
  fuse_session* session = fuse_session_new(&args, &ops, sizeof ops, &all);
  if (!session || fuse_session_mount(session, "/dev/fd/0") != 0) return 1;
  begin_locks(session);
  fuse_loop_config* config = fuse_loop_cfg_create();
  const int ended = fuse_session_loop_mt(session, config);
  // Threads may still wait for locks of files that nobody has open any more.
  ::_exit(ended == 0 ? 0 : 1);
}

}  // namespace
}  // namespace drydock::volumes::access

int main(int, char** argv) {
  ::setsid();  // Ctrl-C at the daemon's terminal is not for us
  ::umask(0);
  return drydock::volumes::access::serve(argv[0]);
}
