#include "runtime/shim/program/join_groups.h"

#include <fcntl.h>

#include "base/files.h"

namespace drydock::runtime::shim {

Status join_groups(const std::vector<std::string>& files) {
  for (const auto& file : files) {
    UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd) return fail_errno("join " + file);
    if (auto joined = write_all(fd.get(), "0"); !joined)
      return tl::unexpected(std::move(joined.error()).in("join " + file));
  }
  return {};
}

}  // namespace drydock::runtime::shim
