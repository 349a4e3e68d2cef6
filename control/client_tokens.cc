#include "control/client_tokens.h"

#include <nlohmann/json.hpp>

#include "base/ids.h"

namespace drydock::control {
namespace {

constexpr std::size_t kMost = 20000;

std::string key_of(const Caller& caller, const std::string& token) {
  return caller.region + ":" + caller.account + "/" + token;
}

}  // namespace

std::string ClientTokens::fingerprint(const Json& request) {
  Json rest = request;
  rest.erase("clientToken");
  return sha256_hex(nlohmann::json::parse(dump_json(rest)).dump());
}

Status ClientTokens::restore() {
  DRYDOCK_LET(const auto stored, store_.load_all("token"));
  for (const auto& [key, text] : stored) {
    DRYDOCK_LET(const Json json, parse_json(text));
    Use use{json_string(json, "fingerprint"), {}, Time(Duration(json_int(json, "at")))};
    for (const auto& arn : json.value("arns", Json::array()))
      if (arn.is_string()) use.tasks.push_back(arn.get<std::string>());
    uses_[key] = std::move(use);
  }
  drop_old();
  return {};
}

const ClientTokens::Use* ClientTokens::find(const Caller& caller, const std::string& token) const {
  const auto it = token.empty() ? uses_.end() : uses_.find(key_of(caller, token));
  return it == uses_.end() || it->second.at < now() - keep_ ? nullptr : &it->second;
}

void ClientTokens::remember(const Caller& caller, const std::string& token, Use use) {
  if (token.empty()) return;
  drop_old();
  const std::string key = key_of(caller, token);
  store_.put("token", key,
             dump_json({{"fingerprint", use.fingerprint},
                        {"arns", use.tasks},
                        {"at", use.at.time_since_epoch().count()}}));
  uses_[key] = std::move(use);
}

void ClientTokens::drop_old() {
  const Time oldest = now() - keep_;
  const bool crowded = uses_.size() > kMost;
  for (auto it = uses_.begin(); it != uses_.end();) {
    if (crowded || it->second.at < oldest) {
      store_.remove("token", it->first);
      it = uses_.erase(it);
    } else {
      ++it;
    }
  }
}

}  // namespace drydock::control
