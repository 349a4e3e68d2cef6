#include "images/credentials/config_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/json.h"

namespace drydock::images::credentials {
namespace {

constexpr std::string_view kTokenUser = "<token>";

bool is_helper_name(std::string_view name) {
  return !name.empty() && name.size() <= 100 && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return (c < 0x80 && std::isalnum(c) != 0) || c == '-' || c == '_' || c == '.';
         });
}

registry::Credentials read_entry(const Json& entry) {
  registry::Credentials found;
  if (!entry.is_object()) return found;
  if (const auto plain = decode_base64(json_string(entry, "auth")))
    if (auto login = split_login(*plain)) found = std::move(*login);
  if (found.empty()) {
    found.username = json_string(entry, "username");
    found.password = json_string(entry, "password");
  }
  found.identity_token = json_string(entry, "identitytoken");
  return found;
}

}  // namespace

Result<registry::Credentials> split_login(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0)
    return fail(Errc::kInvalid, "not a user name and a password");
  registry::Credentials login;
  login.username = text.substr(0, colon);
  login.password = text.substr(colon + 1);
  // Docker pads with zeros and takes them away again.
  while (!login.password.empty() && login.password.back() == '\0') login.password.pop_back();
  return login;
}

std::string normal_key(std::string_view key) {
  std::string out(key);
  const auto scheme = out.find("://");
  if (scheme != std::string::npos) {
    out.erase(0, scheme + 3);
    out.erase(std::min(out.find('/'), out.size()));
  }
  while (!out.empty() && out.back() == '/') out.pop_back();
  const auto slash = std::min(out.find('/'), out.size());
  std::string host = out.substr(0, slash);
  std::string path = out.substr(slash);
  if (path == "/v1" || path == "/v2") path.clear();
  if (host == "index.docker.io" || host == "registry-1.docker.io") host = "docker.io";
  return host + path;
}

Result<ConfigFile> parse_config_file(std::string_view text) {
  ConfigFile file;
  const auto json = parse_json(text);
  // Not the parser's own words: they may quote a secret.
  if (!json || !json->is_object()) return fail(Errc::kInvalid, "not a JSON object");
  if (const Json* auths = json_find(*json, "auths"); auths != nullptr && auths->is_object())
    for (const auto& [key, entry] : auths->items())
      if (auto found = read_entry(entry); !found.empty())
        file.auths.insert_or_assign(normal_key(key), std::move(found));
  if (const Json* helpers = json_find(*json, "credHelpers");
      helpers != nullptr && helpers->is_object())
    for (const auto& [key, name] : helpers->items())
      if (name.is_string() && is_helper_name(name.get_ref<const std::string&>()))
        file.helpers.insert_or_assign(normal_key(key), name.get<std::string>());
  file.store = json_string(*json, "credsStore");
  if (!file.store.empty() && !is_helper_name(file.store))
    return fail(Errc::kInvalid, "credsStore is not the name of a credential helper");
  return file;
}

registry::Credentials find_credentials(const ConfigFile& file, std::string_view registry,
                                       std::string_view repository) {
  const std::string host = normal_key(registry);
  for (std::string key = host + "/" + std::string(repository);;) {
    if (const auto found = file.auths.find(key); found != file.auths.end()) return found->second;
    if (key.size() <= host.size()) return {};
    key.erase(std::max(key.rfind('/'), host.size()));
  }
}

std::string find_helper(const ConfigFile& file, std::string_view registry) {
  const auto found = file.helpers.find(normal_key(registry));
  return found == file.helpers.end() ? file.store : found->second;
}

Result<registry::Credentials> parse_helper_answer(std::string_view text) {
  const auto json = parse_json(text);
  // Not the parser's own words: they may quote a secret.
  if (!json || !json->is_object()) return fail(Errc::kInvalid, "its answer is not a JSON object");
  registry::Credentials found;
  const std::string user = json_string(*json, "Username");
  const std::string secret = json_string(*json, "Secret");
  if (user == kTokenUser) {
    found.identity_token = secret;
  } else {
    found.username = user;
    found.password = secret;
  }
  return found;
}

}  // namespace drydock::images::credentials
