#include "images/credentials/login_file.h"

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/json.h"

namespace drydock::images::credentials {
namespace {

constexpr std::size_t kMaxFile = 1u << 20;
constexpr std::size_t kRandomPart = 7;  // "-AbCdEf", which Secrets Manager adds to a name

}  // namespace

std::string secret_name(std::string_view secret) {
  constexpr std::string_view kKind = ":secret:";
  const auto at = secret.find(kKind);
  if (!secret.starts_with("arn:") || at == std::string_view::npos) return std::string(secret);
  std::string_view name = secret.substr(at + kKind.size());
  if (name.size() > kRandomPart && name[name.size() - kRandomPart] == '-')
    name.remove_suffix(kRandomPart);
  return std::string(name);
}

Result<registry::Credentials> login_from_file(const std::string& file, std::string_view secret) {
  DRYDOCK_LET(const std::string text, read_file(file, kMaxFile));
  auto document = parse_json(text);
  if (!document) return tl::unexpected(std::move(document.error()).in(file));
  if (!document->is_object())
    return fail(Errc::kInvalid, file + ": must be an object with a member for each secret");
  const Json* login = json_find(*document, std::string(secret));
  if (!login) login = json_find(*document, secret_name(secret));
  if (!login)
    return fail(Errc::kNotFound,
                file + " has no member \"" + secret_name(secret) + "\" for " + std::string(secret));
  registry::Credentials found;
  if (login->is_object()) {
    found.username = json_string(*login, "username");
    found.password = json_string(*login, "password");
  }
  if (found.username.empty() || found.password.empty())
    return fail(Errc::kInvalid, file + ": the member for " + std::string(secret) +
                                    " must be {\"username\": \"...\", \"password\": \"...\"}");
  return found;
}

}  // namespace drydock::images::credentials
