#pragma once
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "images/store.h"

namespace drydock::daemon {

// The image that is the built-in log router: drydock-router, the libraries it is linked with, and
// the machine's certificates. Made when it is first wanted; a new program makes a new image.
class BuiltinRouter {
 public:
  explicit BuiltinRouter(images::Store& store) : store_(store) {}
  // Its name in the store. Thread-safe; may take a second the first time.
  Result<std::string> image();

 private:
  images::Store& store_;
  std::mutex mutex_;
  std::string name_;
};

// A file of an archive; with `link` a symbolic link to there.
struct ArchiveFile {
  std::string path;  // without a slash in front; one at its end makes it a folder
  std::string content;
  std::string link;
  bool program = false;
};
// As a tar archive (ustar). Pure.
std::string tar_of(const std::vector<ArchiveFile>& files);

// An OCI archive of one image of one layer, which runs `entrypoint`. Pure.
std::string image_archive(const std::vector<ArchiveFile>& layer, const std::string& name,
                          const std::string& entrypoint);

// The files in ldd's answer: "\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x...)". Pure.
std::vector<std::string> libraries_of(const std::string& ldd);

}  // namespace drydock::daemon
