#pragma once
#include <functional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace drydock::netns {

// A network namespace kept alive by its descriptor. When nothing refers to it any more the kernel
// removes everything inside, in the background.
class Netns {
 public:
  static Result<Netns> create();
  // One that was kept at `path`. kNotFound when nothing is there, kInvalid when it is no network
  // namespace.
  static Result<Netns> open(const std::string& path);

  // Keeps it beyond this process: a bind mount on a new file `path`.
  Status keep_at(const std::string& path) const;

  // Runs `body` on a fresh thread inside the namespace and waits. The thread
  // ends afterwards, so no pooled thread can be left in the wrong namespace.
  Status run(const std::function<Status()>& body) const;

  int fd() const { return fd_.get(); }

 private:
  explicit Netns(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

// Makes `folder` ready to keep namespaces: a mount of its own with private propagation, so that
// what is mounted there stays out of every other mount namespace, whatever the folder lies on.
Status make_keeping_folder(const std::string& folder);
// Undoes it; the folder must be empty. Absent is success.
Status remove_keeping_folder(const std::string& folder);
// Forgets a kept namespace: unmounts, removes the file. Absent is success.
Status forget_namespace(const std::string& path);

}  // namespace drydock::netns
