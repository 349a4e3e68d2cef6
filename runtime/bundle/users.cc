#include "runtime/bundle/users.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/files.h"

namespace drydock::runtime {
namespace {

constexpr std::size_t kMaxFile = 1u << 20;
constexpr std::int64_t kMaxId = 0x7fffffff;
constexpr std::size_t kMaxGroups = 1024;

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// Calls `entry(fields)` for each line "a:b:c..." until it returns true.
template <class F>
void each_entry(std::string_view text, F entry) {
  std::vector<std::string_view> fields;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    fields.clear();
    for (;;) {
      const std::size_t colon = line.find(':');
      fields.push_back(line.substr(0, colon));
      if (colon == std::string_view::npos || fields.size() == 8) break;
      line.remove_prefix(colon + 1);
    }
    if (entry(fields)) return;
  }
}

bool member(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (list.substr(0, comma) == name) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

Status check_range(std::optional<std::int64_t> id) {
  if (id && (*id < 0 || *id > kMaxId))
    return fail(Errc::kInvalid, "uids and gids must be in range 0-2147483647");
  return {};
}

// Sets uid, gid and home; gives back the user's name, empty when the passwd file does not know the
// number.
Result<std::string> find_user(std::string_view wanted, std::string_view passwd,
                              ContainerUser& user) {
  const auto uid = number(wanted);
  DRYDOCK_TRY(check_range(uid));
  std::optional<std::string> name;
  each_entry(passwd, [&](const std::vector<std::string_view>& f) {
    if (f.size() < 4) return false;
    const auto entry_uid = number(f[2]);
    const auto entry_gid = number(f[3]);
    if (!entry_uid || !entry_gid || !check_range(entry_uid) || !check_range(entry_gid))
      return false;
    const bool match = wanted.empty() ? *entry_uid == 0 : uid ? *entry_uid == *uid : f[0] == wanted;
    if (!match) return false;
    name = std::string(f[0]);
    user.uid = static_cast<std::uint32_t>(*entry_uid);
    user.gid = static_cast<std::uint32_t>(*entry_gid);
    if (f.size() > 5 && !f[5].empty() && f[5].front() == '/') user.home = std::string(f[5]);
    return true;
  });
  if (name) return std::move(*name);
  if (!uid && !wanted.empty())
    return fail(Errc::kInvalid, "unable to find user " + std::string(wanted) +
                                    ": no matching entries in passwd file");
  user.uid = static_cast<std::uint32_t>(uid.value_or(0));
  return std::string();
}

Status find_group(std::string_view wanted, std::string_view group, ContainerUser& user) {
  const auto gid = number(wanted);
  DRYDOCK_TRY(check_range(gid));
  std::optional<std::int64_t> found = gid;
  if (!gid)
    each_entry(group, [&](const std::vector<std::string_view>& f) {
      if (f.size() < 3 || f[0] != wanted || !number(f[2]) || !check_range(number(f[2])))
        return false;
      found = number(f[2]);
      return true;
    });
  if (!found)
    return fail(Errc::kInvalid, "unable to find group " + std::string(wanted) +
                                    ": no matching entries in group file");
  user.gid = static_cast<std::uint32_t>(*found);
  return {};
}

std::string text_in_root(int root_fd, const std::string& path) {
  auto fd = open_in_root(root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  struct stat st {};
  if (!fd || ::fstat(fd->get(), &st) != 0 || !S_ISREG(st.st_mode)) return {};
  std::string text(std::min<std::size_t>(static_cast<std::size_t>(st.st_size), kMaxFile), '\0');
  std::size_t have = 0;
  while (have < text.size()) {
    const ssize_t n =
        ::pread(fd->get(), text.data() + have, text.size() - have, static_cast<off_t>(have));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    have += static_cast<std::size_t>(n);
  }
  text.resize(have);
  return text;
}

}  // namespace

Result<ContainerUser> user_of(std::string_view text, std::string_view passwd,
                              std::string_view group) {
  const std::size_t colon = text.find(':');
  const std::string_view user_part = text.substr(0, colon);
  const std::string_view group_part = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  ContainerUser user;
  DRYDOCK_LET(const std::string name, find_user(user_part, passwd, user));
  std::vector<std::uint32_t> more;
  if (!group_part.empty()) {
    DRYDOCK_TRY(find_group(group_part, group, user));
  } else if (!name.empty()) {
    each_entry(group, [&](const std::vector<std::string_view>& f) {
      if (f.size() < 4 || !member(f[3], name)) return false;
      const auto gid = number(f[2]);
      if (gid && check_range(gid)) more.push_back(static_cast<std::uint32_t>(*gid));
      return more.size() >= kMaxGroups;
    });
  }
  user.additional_gids.push_back(user.gid);
  for (const std::uint32_t gid : more)
    if (std::find(user.additional_gids.begin(), user.additional_gids.end(), gid) ==
        user.additional_gids.end())
      user.additional_gids.push_back(gid);
  return user;
}

Result<ContainerUser> resolve_user(int root_fd, std::string_view user) {
  return user_of(user, text_in_root(root_fd, "etc/passwd"), text_in_root(root_fd, "etc/group"));
}

}  // namespace drydock::runtime
