#include "images/credentials/owner.h"

#include <pwd.h>

#include "base/files.h"

namespace drydock::images::credentials {

Owner owner_of(unsigned uid) {
  Owner owner;
  owner.uid = owner.gid = uid;
  owner.path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  std::vector<char> buffer(64u << 10);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found) {
    owner.gid = found->pw_gid;
    owner.home = found->pw_dir;
  }
  if (std::string dir = "/run/user/" + std::to_string(uid); exists(dir))
    owner.runtime_dir = std::move(dir);
  return owner;
}

}  // namespace drydock::images::credentials
