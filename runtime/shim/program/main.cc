// drydock-shim: the parent of one container (protocol.h), or of one more process in a running one
// (exec_call.h), or the keeper of what containers of a task share (hold_call.h).
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "runtime/shim/program/exec_session.h"
#include "runtime/shim/program/hold.h"
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

int usage(const drydock::Error& error) {
  std::fprintf(stderr, "drydock-shim: %s\n", error.message.c_str());
  return static_cast<int>(drydock::runtime::shim::End::kUsage);
}

}  // namespace

int main(int argc, char** argv) {
  namespace shim = drydock::runtime::shim;
  ignore_signals();
  ::setsid();  // fails only for a leader of its own already
  ::umask(022);
  const auto end = [](shim::End e) { return static_cast<int>(e); };
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && arguments[0] == "exec") {
    const auto call = shim::parse_exec_call(arguments);
    if (!call) return usage(call.error());
    return end(shim::exec_session(*call));
  }
  if (!arguments.empty() && arguments[0] == "reap") shim::reap_for_ever();
  if (!arguments.empty() && arguments[0] == "hold") {
    const auto call = shim::parse_hold_call(arguments);
    if (!call) return usage(call.error());
    const auto held = shim::hold(*call);
    if (held) return end(shim::End::kDone);
    std::fprintf(stderr, "drydock-shim: %s\n", held.error().message.c_str());
    return end(shim::End::kNoRecord);
  }
  auto request = shim::parse_arguments(arguments);
  if (!request) return usage(request.error());
  const auto taken = shim::take_bundle(request->bundle);
  if (!taken || ::chdir(request->bundle.c_str()) != 0) {
    std::fprintf(stderr, "drydock-shim: %s\n",
                 taken ? "cannot enter the bundle" : taken.error().message.c_str());
    return end(shim::End::kNotOurs);
  }
  return end(shim::supervise(*request));
}
