#include "api/trust.h"

#include <arpa/inet.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <vector>

namespace drydock::api {
namespace {

// Whether the user database says that `uid` is in `group`, as primary group or by name.
bool in_group(uid_t uid, const std::string& group) {
  std::vector<char> buffer(64 << 10);
  std::vector<char> second(64 << 10);
  ::group entry{};
  ::group* found = nullptr;
  if (::getgrnam_r(group.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || !found)
    return false;
  passwd user{};
  passwd* who = nullptr;
  if (::getpwuid_r(uid, &user, second.data(), second.size(), &who) != 0 || !who) return false;
  if (who->pw_gid == found->gr_gid) return true;
  for (char** name = found->gr_mem; *name; ++name)
    if (who->pw_name == std::string_view(*name)) return true;
  return false;
}

}  // namespace

// The user database may be a slow directory service, so its answers are kept for a few seconds.
struct Trust::Members {
  struct Known {
    bool member;
    std::chrono::steady_clock::time_point until;
  };
  std::mutex mutex;
  std::map<uid_t, Known> known;
};

Trust::Trust(std::set<uid_t> uids, std::string group)
    : uids_(std::move(uids)), group_(std::move(group)), members_(std::make_unique<Members>()) {}
Trust::~Trust() = default;

bool Trust::trusted(uid_t uid) const {
  if (uid == 0 || uid == ::geteuid() || uids_.count(uid)) return true;
  const auto time = std::chrono::steady_clock::now();
  {
    std::lock_guard lock(members_->mutex);
    const auto it = members_->known.find(uid);
    if (it != members_->known.end() && it->second.until > time) return it->second.member;
  }
  const bool member = in_group(uid, group_);
  std::lock_guard lock(members_->mutex);
  if (members_->known.size() > 1000) members_->known.clear();
  members_->known[uid] = {member, time + std::chrono::seconds(5)};
  return member;
}

bool is_loopback_host(std::string_view host) {
  if (!host.empty() && host.front() == '[') {
    const auto close = host.find(']');
    return close != std::string_view::npos && host.substr(0, close + 1) == "[::1]";
  }
  std::string name(host.substr(0, host.find(':')));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (!name.empty() && name.back() == '.') name.pop_back();
  in_addr address{};
  if (::inet_pton(AF_INET, name.c_str(), &address) == 1)
    return (ntohl(address.s_addr) >> 24) == 127;
  static constexpr std::string_view kLocal = ".localhost";
  return name == "localhost" || name == "host.docker.internal" ||
         (name.size() > kLocal.size() &&
          name.compare(name.size() - kLocal.size(), kLocal.size(), kLocal) == 0);
}

std::optional<std::string> Trust::refusal(const http::Request& request) const {
  if (!http::header(request.headers, "Origin").empty())
    return "Requests from web pages (with an Origin header) are refused: any page could otherwise "
           "run containers here.";
  if (!request.remote_uid)
    return "The kernel does not say which user owns this connection, so it is refused: use the "
           "unix socket.";
  if (!trusted(*request.remote_uid))
    return "User " + std::to_string(*request.remote_uid) +
           " may not use this daemon: only root, members of the group '" + group_ +
           "', the user who started it and --allow-uid may. Add the user with: usermod -aG " +
           group_ + " NAME (this gives the rights of root on this machine).";
  const std::string_view host = http::header(request.headers, "Host");
  if (!request.remote_address.empty() && !is_loopback_host(host))
    return "Host '" + std::string(host.substr(0, 200)) +
           "' is not this machine: use localhost or 127.0.0.1.";
  return std::nullopt;
}

}  // namespace drydock::api
