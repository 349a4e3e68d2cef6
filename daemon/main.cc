#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "base/files.h"
#include "base/logging.h"
#include "daemon/config.h"
#include "daemon/daemon.h"
#include "images/unpack.h"

namespace {

using namespace drydock;

int complain(const Error& error, int code) {
  std::fprintf(stderr, "drydockd: %s\n", error.message.c_str());
  return code;
}

// Tells whoever started us that we listen: a line on standard output, which is then given up, and
// the ready file.
void tell_ready(const daemon::Invocation& invocation, const daemon::Daemon& running) {
  const std::string line = "ready " + running.addresses() + "\n";
  (void)write_all(STDOUT_FILENO, line);  // nobody may be listening
  if (!invocation.ready_file.empty())
    if (auto written = write_file_atomic(invocation.ready_file, line); !written)
      log::warn(written.error().message);
  daemon::notify_ready();
  if (invocation.foreground) return;
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null.get(), fd);
}

}  // namespace

int main(int argc, char** argv) {
  // The image store runs this program again, as its sandboxed helper.
  if (argc > 1 && std::string_view(argv[1]) == "unpack-layer")
    return images::unpack_child_main(argc, argv);
  ::umask(022);
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t ours;
  sigemptyset(&ours);
  for (const int s : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&ours, s);
  ::pthread_sigmask(SIG_BLOCK, &ours, nullptr);  // before the first thread; a signalfd takes them

  auto invocation = daemon::read_invocation(std::vector<std::string>(argv + 1, argv + argc),
                                            daemon::process_environment);
  if (!invocation) return complain(invocation.error(), 2);
  if (invocation->help) return std::fputs(daemon::daemon_help().c_str(), stdout), 0;
  if (invocation->version) return std::puts("drydockd " DRYDOCK_VERSION), 0;
  if (invocation->check) return std::puts(daemon::config_text(invocation->config).c_str()), 0;
  if (::geteuid() != 0 && !invocation->config.dry)
    return complain({Errc::kUnsupported,
                     "the daemon makes namespaces and mounts: run it as root (sudo), or with --dry "
                     "(and --root and --run of your own) without containers"},
                    1);
  if (!invocation->foreground)
    ::setsid();  // outlives the terminal that started it; EPERM: leads a session already

  auto running = daemon::Daemon::open(*invocation);
  if (!running) {
    log::error(running.error().message);
    return complain(running.error(), 1);
  }
  tell_ready(*invocation, **running);
  (*running)->run();
  return 0;
}
