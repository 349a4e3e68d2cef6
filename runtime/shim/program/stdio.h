#pragma once
#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "runtime/shim/protocol.h"

namespace drydock::runtime::shim {

// The container's standard streams: pipes, or a terminal that the runtime makes and hands over by a
// socket.
class Stdio {
 public:
  // Makes what `request` asks for; the console socket lies in the current folder.
  static Result<Stdio> make(const Request& request);
  Stdio(Stdio&&) = default;
  Stdio& operator=(Stdio&&) = default;
  ~Stdio();

  // The container's ends, for the runtime to inherit; -1 is /dev/null.
  int stdin_fd() const { return in_.get(); }
  int stdout_fd() const { return out_.get(); }
  int stderr_fd() const { return err_.get(); }
  // The runtime has them: this process lets go.
  void given();

  // With a terminal: takes the master that the runtime has sent. Call it when the runtime has
  // ended.
  Result<UniqueFd> terminal();

  UniqueFd from_stdout;  // reading ends; empty with a terminal
  UniqueFd from_stderr;

 private:
  Stdio() = default;
  UniqueFd in_, out_, err_;
  UniqueFd held_;      // the writing end of standard input, never written to
  UniqueFd listener_;  // for the terminal
};

}  // namespace drydock::runtime::shim
