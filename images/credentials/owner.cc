#include "images/credentials/owner.h"

#include <pwd.h>

#include <charconv>

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

std::optional<Owner> owner_from(const std::map<std::string, std::string>& told) {
  const auto uid = told.find("uid");
  unsigned number = 0;
  if (uid == told.end() ||
      std::from_chars(uid->second.data(), uid->second.data() + uid->second.size(), number).ec !=
          std::errc())
    return std::nullopt;
  Owner owner = owner_of(number);
  const auto take = [&](const char* key, std::string& to) {
    if (const auto at = told.find(key); at != told.end() && at->second.starts_with('/'))
      to = at->second;
  };
  take("home", owner.home);
  take("dockerConfig", owner.docker_config);
  take("runtimeDir", owner.runtime_dir);
  take("path", owner.path);
  return owner;
}

}  // namespace drydock::images::credentials
