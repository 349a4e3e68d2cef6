#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "daemon/config.h"

namespace drydock::daemon {

// The folders of this daemon, made and locked: no second daemon can use them while this lives.
struct Instance {
  std::string root;  // absolute, links resolved
  std::string run;
  std::string id;               // 8 hex digits of a hash of `root` (decision 4)
  bool root_was_empty = false;  // nothing was kept there before: --ephemeral may remove it
  bool run_was_empty = false;
  std::vector<std::string> made;  // folders that did not exist, an inner one before its outer one
  UniqueFd root_lock, run_lock;
};

// kBusy names the folder that another daemon uses.
Result<Instance> open_instance(const Config& config);

// A start that failed leaves nothing in folders that were new.
void undo_folders(const Instance& instance);

// The OCI runtime as an absolute path: itself, or found in the system's folders. kNotFound says
// what to install.
Result<std::string> find_runtime(const std::string& name);
// A program of ours beside this one, or in ../libexec/drydock. kNotFound lists the folders.
Result<std::string> find_own_program(const std::string& name);
// A static init for initProcessEnabled (Debian's tini); empty when there is none.
std::string find_init();

// Whether the machine was booted anew since a daemon last used `root`; remembers this boot
// (decision 20).
Result<bool> booted_since(const std::string& root);

// Raises the soft limit of open files to the hard one.
void raise_file_limit();

// Tells systemd that the service is ready (sd_notify), when it asked to be told.
void notify_ready();

}  // namespace drydock::daemon
