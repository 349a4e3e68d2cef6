#include "volumes/bind.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/ids.h"
#include "volumes/copy.h"
#include "volumes/places.h"

namespace drydock::volumes {
namespace {

constexpr const char* kFilled = "/.filled";

}  // namespace

Status fill_from_image(const std::string& root, const std::string& task_id,
                       const std::string& source, int root_fd, const std::string& path) {
  const std::string marks = task_folder(root, task_id) + kFilled;
  DRYDOCK_TRY(make_dirs(marks, 0700));
  DRYDOCK_TRY(make_dirs(source));
  const std::string mark = marks + "/" + sha256_hex(source).substr(0, 32);
  UniqueFd lock(::open(mark.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock) return fail_errno("open " + mark);
  // Containers that share the volume start at the same time: the others wait here until it is
  // filled.
  while (::flock(lock.get(), LOCK_EX) != 0)
    if (errno != EINTR) return fail_errno("lock " + mark);
  struct stat st {};
  if (::fstat(lock.get(), &st) != 0) return fail_errno("look at " + mark);
  if (st.st_size > 0) return {};

  auto from = open_in_root(root_fd, path, O_RDONLY | O_DIRECTORY);
  if (from) {
    UniqueFd to(::open(source.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!to) return fail_errno("open " + source);
    // A kept folder with data of an earlier task is used as it is, as Docker does with a volume
    // that is not empty.
    if (list_dir(source).empty()) DRYDOCK_TRY(copy_tree(from->get(), to.get()));
  } else if (from.error().sys != ENOENT && from.error().sys != ENOTDIR &&
             from.error().sys != ELOOP) {
    return tl::unexpected(std::move(from.error()));
  }
  return write_all(lock.get(), "filled\n");
}

}  // namespace drydock::volumes
