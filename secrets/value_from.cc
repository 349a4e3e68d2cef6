#include "secrets/value_from.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

namespace drydock::secrets {
namespace {

constexpr std::size_t kLongest = 2048 + 512;
constexpr std::size_t kSecretFields = 7;  // arn:partition:service:region:account:secret:name
constexpr std::size_t kSelectors = 3;     // :json-key:version-stage:version-id
constexpr std::size_t kSuffix = 7;        // "-AbCdEf"
constexpr const char* kInvalidSecretArn =
    "an invalid ARN format for the AWS Secrets Manager secret was specified. Specify a valid ARN "
    "and try again.";

std::vector<std::string> fields(std::string_view text) {
  std::vector<std::string> all;
  while (true) {
    const auto colon = text.find(':');
    all.emplace_back(text.substr(0, colon));
    if (colon == text.npos) return all;
    text.remove_prefix(colon + 1);
  }
}

bool is_plain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

Status printable(std::string_view text) {
  if (text.empty()) return fail(Errc::kInvalid, "valueFrom is empty");
  if (text.size() > kLongest ||
      std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }))
    return fail(Errc::kInvalid, "valueFrom is too long or has control characters in it");
  return {};
}

Result<ValueFrom> secret_of(const std::vector<std::string>& part, std::string_view text) {
  const bool selects = part.size() == kSecretFields + kSelectors;
  if ((part.size() != kSecretFields && !selects) || part[5] != "secret" || part[6].empty() ||
      !is_plain(part[3]) || !is_plain(part[4]))
    return fail(Errc::kInvalid, kInvalidSecretArn);
  ValueFrom out;
  out.kind = ValueFrom::Kind::kSecret;
  out.text = text;
  out.region = part[3];
  out.account = part[4];
  out.name = part[6];
  for (std::size_t i = 0; i < kSecretFields; ++i) out.id += (i == 0 ? "" : ":") + part[i];
  if (!selects) return out;
  out.json_key = part[7];
  out.version_stage = part[8];
  out.version_id = part[9];
  if (!out.version_stage.empty() && !out.version_id.empty())
    return fail(Errc::kInvalid,
                "version-stage and version-id of " + out.text + " exclude each other: give one");
  return out;
}

// arn:partition:ssm:region:account:parameter/name; the name of one that is not a path has its slash
// from the ARN.
Result<ValueFrom> parameter_of(const std::vector<std::string>& part, std::string_view text) {
  constexpr std::string_view kType = "parameter/";
  const std::string_view resource = part.size() > 5 ? std::string_view(part[5]) : "";
  if (part.size() != 6 || !is_plain(part[3]) || !is_plain(part[4]) ||
      !resource.starts_with(kType) || resource.size() == kType.size())
    return fail(Errc::kInvalid, "invalid parameter: " + std::string(text) +
                                    " is no ARN of a parameter "
                                    "(arn:aws:ssm:region:account:parameter/name)");
  ValueFrom out;
  out.text = text;
  out.region = part[3];
  out.account = part[4];
  out.name = resource.substr(kType.size());
  if (out.name.find('/') != std::string::npos && out.name.front() != '/') out.name.insert(0, "/");
  out.id = out.name;
  return out;
}

std::string go_number(double value) {
  char buffer[64];
  const double size = std::fabs(value);
  const bool plain = value == 0 || (size >= 1e-4 && size < 1e6);  // 1e6 rounds to no shorter form
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific);
  return {buffer, end.ptr};
}

}  // namespace

Result<ValueFrom> parse_value_from(std::string_view text) {
  DRYDOCK_TRY(printable(text));
  if (text.starts_with("arn:")) {
    const auto part = fields(text);
    const std::string& service = part.size() > 2 ? part[2] : part[0];
    if (service == "secretsmanager") return secret_of(part, text);
    return parameter_of(part, text);
  }
  ValueFrom out;
  out.text = out.name = out.id = text;
  return out;
}

Result<ValueFrom> parse_credentials_parameter(std::string_view text) {
  DRYDOCK_TRY(printable(text));
  if (text.starts_with("arn:")) return secret_of(fields(text), text);
  ValueFrom out;
  out.kind = ValueFrom::Kind::kSecret;
  out.text = out.name = out.id = text;
  return out;
}

std::string without_suffix(std::string_view name) {
  if (name.size() > kSuffix && name[name.size() - kSuffix] == '-' &&
      std::all_of(name.end() - kSuffix + 1, name.end(),
                  [](unsigned char c) { return c < 0x80 && std::isalnum(c) != 0; }))
    name.remove_suffix(kSuffix);
  return std::string(name);
}

std::string go_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return "<nil>";
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_number()) return go_number(value.get<double>());
  std::string out;
  if (value.is_array()) {
    for (const Json& item : value) out += (out.empty() ? "" : " ") + go_text(item);
    return "[" + out + "]";
  }
  std::map<std::string, const Json*> sorted;
  for (const auto& [key, item] : value.items()) sorted[key] = &item;
  for (const auto& [key, item] : sorted)
    out += (out.empty() ? "" : " ") + key + ":" + go_text(*item);
  return "map[" + out + "]";
}

Result<std::string> json_value(std::string_view secret, const std::string& key) {
  const auto document = parse_json(secret);
  if (!document || !document->is_object())
    return fail(Errc::kInvalid,
                "retrieved secret from Secrets Manager is not a JSON object, and json key " + key +
                    " is asked for");
  const auto found = document->find(key);
  if (found == document->end())
    return fail(Errc::kNotFound,
                "retrieved secret from Secrets Manager did not contain json key " + key);
  return go_text(*found);
}

}  // namespace drydock::secrets
