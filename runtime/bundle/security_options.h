#pragma once
#include <string>
#include <vector>

namespace drydock::runtime {

// What dockerSecurityOptions come to.
struct SecurityOptions {
  bool no_new_privileges = false;
  bool unconfined = false;           // no seccomp filter
  std::string apparmor;              // a profile's name; empty: none is set
  std::vector<std::string> ignored;  // "label:x has no effect: ...", a line each
};

// Reads them as Docker does: "name:value" or "name=value". Pure.
SecurityOptions security_options(const std::vector<std::string>& options, bool apparmor_here);

}  // namespace drydock::runtime
