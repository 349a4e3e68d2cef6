#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "control/caller.h"
#include "control/store.h"

namespace drydock::control {

// The clientTokens of RunTask and the tasks they made (api.md 3.3): SDKs repeat a call whose answer
// was lost, with the same token. One account and region each. Loop thread only.
class ClientTokens {
 public:
  ClientTokens(Store& store, Duration keep) : store_(store), keep_(keep) {}
  Status restore();

  struct Use {
    std::string fingerprint;         // of the request's parameters
    std::vector<std::string> tasks;  // ARNs
    Time at{};
  };
  // nullptr when the token was never used, or too long ago.
  const Use* find(const Caller& caller, const std::string& token) const;
  void remember(const Caller& caller, const std::string& token, Use use);
  void forget_all() { uses_.clear(); }  // memory only

  // The same for two requests with the same parameters, whatever the order of their members. Pure.
  static std::string fingerprint(const Json& request);

 private:
  void drop_old();
  Store& store_;
  Duration keep_;
  std::map<std::string, Use> uses_;  // "region:account/<token>"
};

}  // namespace drydock::control
