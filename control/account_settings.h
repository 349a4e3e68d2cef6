#pragma once
#include <map>
#include <string>
#include <tuple>

#include "base/json.h"
#include "control/answer.h"
#include "control/caller.h"
#include "control/paging.h"
#include "control/store.h"

namespace drydock::control {

// The account settings of every account and region (api.md 4.4): what was put for a principal (a
// role, a user or the root user) or as the account's default, above ECS's own defaults. Most are
// kept and shown only; containerInsights is what a new cluster gets. Loop thread only.
class AccountSettings {
 public:
  explicit AccountSettings(Store& store) : store_(store) {}
  Status restore();

  // Answers {setting}. `request`: name, value, principalArn?; without a principal the caller's own
  // (here everybody is the root user).
  Answer<Json> put(const Caller& caller, const Json& request);
  // PutAccountSettingDefault.
  Answer<Json> put_default(const Caller& caller, const Json& request);
  // Answers {setting} with the value that counts from now on.
  Answer<Json> remove(const Caller& caller, const Json& request);
  // {settings, nextToken?}: what was put, or all that count with effectiveSettings.
  Answer<Json> list(const Caller& caller, const Json& request, const PageRequest& page) const;

  // The value that counts for the root user.
  std::string effective(const Caller& caller, const std::string& name) const;
  void forget_all();  // reset: memory only

 private:
  struct Key {
    std::string region, account, name, principal;  // an empty principal: the account's default
    bool operator<(const Key& o) const {
      return std::tie(region, account, name, principal) <
             std::tie(o.region, o.account, o.name, o.principal);
    }
  };
  Answer<Json> keep(const Caller& caller, const Json& request, const std::string& principal);
  std::string effective(const Key& key) const;

  Store& store_;
  std::map<Key, std::string> values_;
};

}  // namespace drydock::control
