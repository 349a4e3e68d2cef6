#include "runtime/shim/program/stdio.h"

#include <fcntl.h>
#include <unistd.h>

#include "runtime/shim/program/console.h"

namespace drydock::runtime::shim {
namespace {

constexpr int kPipeBytes = 1 << 20;  // one read then takes up to 16 times as much (experiment E14)

Status make_pipe(UniqueFd& read_end, UniqueFd& write_end) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("make a pipe");
  read_end.reset(ends[0]);
  write_end.reset(ends[1]);
  (void)::fcntl(ends[1], F_SETPIPE_SZ,
                kPipeBytes);  // over the user's quota: ignoring, a small pipe works too
  return {};
}

}  // namespace

Result<Stdio> Stdio::make(const Request& request) {
  Stdio s;
  if (request.terminal) {
    DRYDOCK_LET(s.listener_, listen_for_console());
    return s;
  }
  DRYDOCK_TRY(make_pipe(s.from_stdout, s.out_));
  DRYDOCK_TRY(make_pipe(s.from_stderr, s.err_));
  if (request.input == Stdin::kHeldOpen) DRYDOCK_TRY(make_pipe(s.in_, s.held_));
  return s;
}

Stdio::~Stdio() {
  if (listener_) ::unlink(kConsoleSocket);
}

void Stdio::given() {
  in_.reset();
  out_.reset();
  err_.reset();
}

Result<UniqueFd> Stdio::terminal() { return take_terminal(listener_.get()); }

}  // namespace drydock::runtime::shim
