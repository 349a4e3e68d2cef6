#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace drydock::netns {

// How a program ended and what it printed (each at most 1 MiB).
struct Finished {
  int exit_code = 0;  // 128 + n when signal n ended it
  std::string out, err;
};
// Runs a program of the network (nft, iptables) in the calling thread's namespace, `input` on its
// stdin, and waits. kNotFound when none of the system's folders has it.
Result<Finished> run_program(const std::string& name, const std::vector<std::string>& args,
                             std::string_view input);

// Applies `text` as one transaction (nft -f -). kNotFound when a table, chain or element it names
// is absent; the message is nft's first line.
Status nft(std::string_view text);

}  // namespace drydock::netns
