#include "runtime/shim/program/record_slot.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

#include "base/files.h"
#include "runtime/shim/records.h"

namespace drydock::runtime::shim {
namespace {

std::string reserved(const std::string& path) { return path + ".reserved"; }

}  // namespace

Result<RecordSlot> RecordSlot::reserve(const std::string& folder, const std::string& name) {
  std::string path = folder + "/" + name;
  UniqueFd fd(
      ::open(reserved(path).c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail_errno("make " + path);
  // posix_fallocate writes zeros itself where the file system cannot reserve.
  if (const int e = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(kLongestRecord)); e != 0) {
    ::unlink(reserved(path).c_str());
    return fail_errno("reserve space for " + path, e);
  }
  return RecordSlot(std::move(path), std::move(fd));
}

Status RecordSlot::commit(std::string_view text) {
  DRYDOCK_TRY(write_all(fd_.get(), text));
  if (::ftruncate(fd_.get(), static_cast<off_t>(text.size())) != 0)
    return fail_errno("cut " + path_);
  if (::rename(reserved(path_).c_str(), path_.c_str()) != 0) return fail_errno("rename " + path_);
  fd_.reset();
  return {};
}

void RecordSlot::cancel() const { ::unlink(reserved(path_).c_str()); }

}  // namespace drydock::runtime::shim
