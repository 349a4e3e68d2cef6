#include "metadata/profile.h"

#include <openssl/evp.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/http/client.h"
#include "base/json.h"
#include "images/credentials/as_owner.h"
#include "metadata/aws_profile.h"
#include "metadata/sts_client.h"

namespace drydock::metadata {
namespace {

namespace credentials = images::credentials;

constexpr auto kProcessPatience = std::chrono::seconds(60);
constexpr auto kSsoPatience = std::chrono::seconds(30);
constexpr auto kLasting = std::chrono::hours(1);
constexpr std::size_t kLongestChain = 8;

std::string setting(const Settings& all, const char* name) {
  const auto found = all.find(name);
  return found == all.end() ? std::string() : found->second;
}

std::string sha1_hex(const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr);
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < size; ++i) out += {kHex[digest[i] >> 4], kHex[digest[i] & 15]};
  return out;
}

// One resolution: the user's files, read once, and the profiles on the way.
class Resolver {
 public:
  Resolver(const ProfileOwner& owner, const ProfileOptions& options)
      : owner_(owner), options_(options) {}

  Result<ProfileKeys> resolve() {
    DRYDOCK_LET(const std::string config, text_of(owner_.config_file, "/.aws/config"));
    DRYDOCK_LET(const std::string keys, text_of(owner_.credentials_file, "/.aws/credentials"));
    files_ = parse_aws_files(config, keys);
    return profile(owner_.profile);
  }

 private:
  Result<std::string> text_of(const std::string& told, const char* usual) const {
    if (told.empty() && owner_.owner.home.empty()) return std::string();
    DRYDOCK_LET(
        const auto text,
        credentials::read_as_owner(owner_.owner, told.empty() ? owner_.owner.home + usual : told));
    return text.value_or("");
  }

  std::string who(const std::string& name) const {
    return "AWS profile \"" + name + "\" of user " + std::to_string(owner_.owner.uid);
  }

  Result<ProfileKeys> profile(const std::string& name) {
    if (!seen_.insert(name).second || seen_.size() > kLongestChain)
      return fail(Errc::kInvalid, who(name) + ": its source_profile leads in a circle");
    const auto found = files_.profiles.find(name);
    if (found == files_.profiles.end())
      return fail(Errc::kNotFound,
                  who(name) +
                      " is in neither ~/.aws/config nor ~/.aws/credentials; name another "
                      "(--creds profile:NAME) or make it with aws configure");
    const Settings& its = found->second;
    std::string region = setting(its, "region");
    if (region.empty()) region = options_.region;
    auto keys = keys_of(name, its, region);
    if (!keys) return tl::unexpected(std::move(keys.error()).in(who(name)));
    return ProfileKeys{std::move(*keys), region};
  }

  Result<RoleCredentials> keys_of(const std::string& name, const Settings& its,
                                  const std::string& region) {
    if (!setting(its, "role_arn").empty()) return assumed(name, its, region);
    if (!setting(its, "sso_session").empty() || !setting(its, "sso_start_url").empty())
      return single_sign_on(its);
    if (auto keys = static_keys(its)) return *keys;
    if (const auto line = setting(its, "credential_process"); !line.empty())
      return from_process(line);
    return fail(Errc::kNotFound,
                "it has neither keys, credential_process, an SSO login nor a role_arn");
  }

  static std::optional<RoleCredentials> static_keys(const Settings& its) {
    RoleCredentials keys;
    keys.access_key = setting(its, "aws_access_key_id");
    keys.secret = setting(its, "aws_secret_access_key");
    keys.token = setting(its, "aws_session_token");
    keys.expiration = now() + kLasting;
    if (keys.access_key.empty() || keys.secret.empty()) return std::nullopt;
    return keys;
  }

  Result<RoleCredentials> from_process(const std::string& line) const {
    DRYDOCK_LET(auto words, split_command(line));
    const std::string program = words.front();
    words.erase(words.begin());
    DRYDOCK_LET(const auto said,
                credentials::run_as_owner(owner_.owner, program, words, "", kProcessPatience));
    if (said.status != 0)
      return fail(Errc::kDenied, "credential_process " + program + " ended with exit status " +
                                     std::to_string(said.status));
    auto keys = parse_process_output(said.text, now());
    if (!keys) return tl::unexpected(std::move(keys.error()).in("credential_process " + program));
    return keys;
  }

  Result<RoleCredentials> assumed(const std::string& name, const Settings& its,
                                  const std::string& region) {
    if (!setting(its, "mfa_serial").empty())
      return fail(Errc::kUnsupported,
                  "its role needs an MFA code, which a daemon cannot ask for; use a profile with "
                  "credential_process");
    const std::string source = setting(its, "source_profile");
    if (source.empty()) return fail(Errc::kUnsupported, "its role_arn needs a source_profile");
    // A profile may name itself: then its own keys assume the role.
    std::optional<RoleCredentials> base;
    if (source == name) base = static_keys(its);
    if (!base) {
      DRYDOCK_LET(auto from, profile(source));
      base = std::move(from.keys);
    }
    AssumeRole request;
    request.region = region;
    request.endpoint = options_.sts_endpoint;
    if (request.endpoint.empty()) request.endpoint = "https://sts." + region + ".amazonaws.com";
    request.role_arn = setting(its, "role_arn");
    request.session = setting(its, "role_session_name");
    if (request.session.empty()) request.session = "drydock";
    request.external_id = setting(its, "external_id");
    const std::string seconds = setting(its, "duration_seconds");
    if (!seconds.empty() && seconds.size() < 6 &&
        seconds.find_first_not_of("0123456789") == std::string::npos)
      request.duration_seconds = std::stoi(seconds);
    return assume_role(request, {base->access_key, base->secret, base->token}, options_.cancelled);
  }

  Result<RoleCredentials> single_sign_on(const Settings& its) const {
    const std::string session = setting(its, "sso_session");
    Settings about = its;
    if (const auto found = files_.sso_sessions.find(session); found != files_.sso_sessions.end())
      about.insert(found->second.begin(), found->second.end());
    const std::string key = session.empty() ? setting(its, "sso_start_url") : session;
    const std::string file = owner_.owner.home + "/.aws/sso/cache/" + sha1_hex(key) + ".json";
    DRYDOCK_LET(const auto text, credentials::read_as_owner(owner_.owner, file));
    const auto login = text ? parse_json(*text) : fail(Errc::kNotFound, "");
    const auto until = login ? parse_rfc3339(json_string(*login, "expiresAt"))
                             : Result<Time>(fail(Errc::kNotFound, ""));
    if (!until || *until <= now())
      return fail(Errc::kDenied, "its SSO login is missing or over; run aws sso login");
    return ask_sso(about, json_string(*login, "accessToken"));
  }

  Result<RoleCredentials> ask_sso(const Settings& its, const std::string& token) const {
    const std::string region = setting(its, "sso_region");
    if (region.empty() ||
        region.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos)
      return fail(Errc::kInvalid, "its sso_region is missing or no region");
    if (std::any_of(token.begin(), token.end(), [](char c) { return c <= ' ' || c >= 0x7f; }))
      return fail(Errc::kInvalid, "its SSO token is malformed; run aws sso login");
    http::ClientRequest request;
    request.url =
        (options_.sso_endpoint.empty() ? "https://portal.sso." + region + ".amazonaws.com"
                                       : options_.sso_endpoint) +
        "/federation/credentials?role_name=" + http::uri_encoded(setting(its, "sso_role_name")) +
        "&account_id=" + http::uri_encoded(setting(its, "sso_account_id"));
    request.headers = {{"x-amz-sso_bearer_token", token}};
    request.total_timeout = kSsoPatience;
    request.max_body = 64 << 10;
    request.cancelled = options_.cancelled;
    DRYDOCK_LET(const auto answer, http::fetch(request));
    const auto body = parse_json(answer.body);
    const Json* role = body ? json_find(*body, "roleCredentials") : nullptr;
    if (answer.status != 200 || role == nullptr)
      return fail(Errc::kDenied,
                  "AWS SSO answered HTTP " + std::to_string(answer.status) + "; run aws sso login");
    RoleCredentials keys;
    keys.access_key = json_string(*role, "accessKeyId");
    keys.secret = json_string(*role, "secretAccessKey");
    keys.token = json_string(*role, "sessionToken");
    keys.expiration = Time(std::chrono::milliseconds(json_int(*role, "expiration")));
    return keys;
  }

  const ProfileOwner& owner_;
  const ProfileOptions& options_;
  AwsFiles files_;
  std::set<std::string> seen_;
};

}  // namespace

Result<RoleCredentials> parse_process_output(const std::string& text, Time now) {
  const auto json = parse_json(text);
  if (!json || !json->is_object())
    return fail(Errc::kInvalid, "it printed something else than one JSON object");
  RoleCredentials keys;
  keys.access_key = json_string(*json, "AccessKeyId");
  keys.secret = json_string(*json, "SecretAccessKey");
  keys.token = json_string(*json, "SessionToken");
  if (json_int(*json, "Version") != 1 || keys.access_key.empty() || keys.secret.empty())
    return fail(Errc::kInvalid, "it printed no Version 1, AccessKeyId and SecretAccessKey");
  keys.expiration = now + kLasting;
  if (const auto until = json_string(*json, "Expiration"); !until.empty()) {
    const auto time = parse_rfc3339(until);
    if (!time) return fail(Errc::kInvalid, "it printed an Expiration that is no time");
    keys.expiration = *time;
  }
  return keys;
}

ProfileOwner profile_owner(const std::map<std::string, std::string>& user, const std::string& mode,
                           const ProfileOwner& usual) {
  const auto told = [&](const char* key) {
    const auto found = user.find(key);
    return found == user.end() ? std::string() : found->second;
  };
  ProfileOwner out = usual;
  if (const auto owner = credentials::owner_from(user)) {
    out = {*owner, "default", told("awsConfig"), told("awsCredentials")};
    if (const auto profile = told("awsProfile"); !profile.empty()) out.profile = profile;
  }
  if (const auto colon = mode.find(':'); colon != std::string::npos)
    out.profile = mode.substr(colon + 1);
  return out;
}

Result<ProfileKeys> profile_keys(const ProfileOwner& owner, const ProfileOptions& options) {
  return Resolver(owner, options).resolve();
}

}  // namespace drydock::metadata
