#pragma once
#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.h"
#include "base/spawn.h"
#include "base/unique_fd.h"

namespace drydock::cli {

// An image archive as a stream of bytes for the daemon; an OCI layout folder travels as the archive
// it would be.
class ArchiveSource {
 public:
  // A file, a layout folder, or "-" for standard input. With `tag` only the image that the layout
  // folder's index.json calls so.
  static Result<ArchiveSource> open(const std::string& file, const std::string& tag = {});
  ArchiveSource(ArchiveSource&&) noexcept = default;
  ArchiveSource& operator=(ArchiveSource&&) = delete;
  ~ArchiveSource();

  // As read(2).
  ssize_t read(char* buffer, std::size_t size) const;
  // Whether all was well, after the end.
  Status finish();

 private:
  ArchiveSource() = default;
  Status open_folder(const std::string& folder, const std::string& tag);

  UniqueFd fd_;
  std::optional<Child> tar_;
  std::string scratch_;  // a folder with the index.json of one tag
};

// index.json with the images that are called `tag` only. kNotFound names those that there are.
// Pure.
Result<std::string> index_of_tag(const std::string& index, const std::string& tag);

}  // namespace drydock::cli
