// drydock-shim: the parent of one container. See protocol.h.
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "runtime/shim/program/supervise.h"

namespace {

// Nothing but SIGKILL ends a shim: its container would be orphaned. Blocked, and not ignored,
// because an ignored signal would be inherited by the container; base/spawn unblocks in the child.
void ignore_signals() {
  for (int s = 1; s < NSIG; ++s) ::signal(s, SIG_DFL);
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
}

}  // namespace

int main(int argc, char** argv) {
  namespace shim = drydock::runtime::shim;
  ignore_signals();
  ::setsid();  // fails only for a leader of its own already
  ::umask(022);
  const auto end = [](shim::End e) { return static_cast<int>(e); };
  auto request = shim::parse_arguments({argv + 1, argv + argc});
  if (!request) {
    std::fprintf(stderr, "drydock-shim: %s\n", request.error().message.c_str());
    return end(shim::End::kUsage);
  }
  const auto taken = shim::take_bundle(request->bundle);
  if (!taken || ::chdir(request->bundle.c_str()) != 0) {
    std::fprintf(stderr, "drydock-shim: %s\n",
                 taken ? "cannot enter the bundle" : taken.error().message.c_str());
    return end(shim::End::kNotOurs);
  }
  return end(shim::supervise(*request));
}
