#include <nlohmann/json.hpp>

#include "api/operation.h"

namespace drydock::api {
namespace {
using control::Caller;
using control::Control;
}  // namespace

std::vector<Operation> account_setting_operations() {
  return {
      {"PutAccountSetting", "name*: str, value*: str, principalArn: str", true,
       [](Control& c, const Caller& who, const Json& in) { return c.settings.put(who, in); }},
      {"PutAccountSettingDefault", "name*: str, value*: str", true,
       [](Control& c, const Caller& who, const Json& in) {
         return c.settings.put_default(who, in);
       }},
      {"DeleteAccountSetting", "name*: str, principalArn: str", true,
       [](Control& c, const Caller& who, const Json& in) { return c.settings.remove(who, in); }},
      {"ListAccountSettings",
       "name: str, value: str, principalArn: str, effectiveSettings: bool, nextToken: str, "
       "maxResults: int",
       false,
       [](Control& c, const Caller& who, const Json& in) {
         return c.settings.list(who, in, page_request(in));
       }},
  };
}

}  // namespace drydock::api
