#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace drydock::netns::dns {

// Tells when the files that name the host's servers are replaced: a laptop changes its network
// while tasks run. Watches their folders, and those their links lead to.
class ResolvWatch {
 public:
  static Result<std::unique_ptr<ResolvWatch>> open(const std::vector<std::string>& files = {
                                                       "/etc/resolv.conf",
                                                       "/run/systemd/resolve/resolv.conf"});

  int fd() const { return inotify_.get(); }  // readable when something happened there
  // Reads what happened; true when one of the files may be another now.
  bool changed();

 private:
  ResolvWatch() = default;
  void add_folders();

  std::vector<std::string> files_;
  UniqueFd inotify_;
};

}  // namespace drydock::netns::dns
