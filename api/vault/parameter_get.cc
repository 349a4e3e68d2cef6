#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/vault/parameters.h"

// Parameter Store: reading values.
namespace drydock::api::vault {
namespace {

using control::refuse;
using secrets::Contents;
using secrets::ParameterPtr;

constexpr std::size_t kMostNames = 10;
constexpr long long kMostByPath = 10;
constexpr std::string_view kReference = "/aws/reference/secretsmanager/";

// A secret of Secrets Manager, read as if it were a parameter.
Answer<Json> referenced(const Call& call, const Contents& contents, const std::string& name,
                        bool decrypted) {
  if (!decrypted)
    return refuse("ValidationException",
                  "WithDecryption flag must be True for retrieving a Secret Manager secret.");
  const auto secret =
      secrets::find_secret(contents, call.place, name.substr(kReference.size()), call.now);
  const secrets::SecretVersion* version =
      secret && secret->deleted == 0 ? secret->staged("AWSCURRENT") : nullptr;
  if (!version || !version->text)
    return refuse(
        "ParameterNotFound",
        "An error occurred (ParameterNotFound) when referencing Secrets Manager: Secret " + name +
            " not found.");
  return Json{{"Name", name},
              {"Type", "SecureString"},
              {"Value", *version->text},
              {"Version", 0},
              {"SourceResult", dump_json({{"ARN", secret->arn}, {"name", secret->name}})},
              {"LastModifiedDate", seconds(version->created)},
              {"ARN", secret->arn}};
}

Answer<Json> value_of(const Call& call, const Contents& contents, const std::string& id,
                      bool decrypted) {
  if (id.starts_with(kReference)) return referenced(call, contents, id, decrypted);
  DRYDOCK_LET(const FoundParameter found, find_parameter(call, contents, id));
  Json out = parameter_value_json(call, *found.parameter, *found.version, decrypted);
  if (!found.selector.empty()) out["Selector"] = found.selector;
  return out;
}

Answer<Json> get(const Call& call, const Json& in) {
  return call.vault.read([&](const Contents& contents) -> Answer<Json> {
    DRYDOCK_LET(Json value,
                value_of(call, contents, json_string(in, "Name"), json_bool(in, "WithDecryption")));
    return Json{{"Parameter", std::move(value)}};
  });
}

Answer<Json> get_many(const Call& call, const Json& in) {
  const auto names = strings(in, "Names");
  if (names.empty() || names.size() > kMostNames)
    return refuse("ValidationException",
                  "1 validation error detected: Value '[" + std::to_string(names.size()) +
                      " names]' at 'names' failed to satisfy constraint: Member must have length " +
                      (names.empty() ? "greater than or equal to 1" : "less than or equal to 10"));
  Json out = {{"Parameters", Json::array()}, {"InvalidParameters", Json::array()}};
  return call.vault.read([&](const Contents& contents) -> Answer<Json> {
    for (const std::string& name : names) {
      auto value = value_of(call, contents, name, json_bool(in, "WithDecryption"));
      if (value)
        out["Parameters"].push_back(std::move(*value));
      else if (value.error().code == "ValidationException")
        return value;
      else
        out["InvalidParameters"].push_back(name);
    }
    return out;
  });
}

Answer<Json> get_by_path(const Call& call, const Json& in) {
  const std::string path = json_string(in, "Path");
  DRYDOCK_TRY(check_parameter_path(path));
  DRYDOCK_LET(const ParameterFilters filters, ParameterFilters::parse(in));
  Items items;
  call.vault.read([&](const Contents& contents) {
    const std::string start = secrets::document_key(call.place, "");
    const auto& all = contents.parameters();
    for (auto at = all.lower_bound(start); at != all.end() && at->first.starts_with(start); ++at) {
      const secrets::Parameter& one = *at->second;
      if (is_below(one.name, path, json_bool(in, "Recursive")) && filters.matches(one))
        items.emplace_back(one.name, parameter_value_json(call, one, one.newest(),
                                                          json_bool(in, "WithDecryption")));
    }
    return true;
  });
  return paged(in, {"Parameters", kMostByPath, "InvalidNextToken"}, items);
}

}  // namespace

std::vector<Operation> parameter_get_operations() {
  return {{"GetParameter", "Name", "Name: str, WithDecryption: bool", get},
          {"GetParameters", "Names", "Names: [str], WithDecryption: bool", get_many},
          {"GetParametersByPath", "Path",
           "Path: str, Recursive: bool, ParameterFilters: [ParameterFilter], WithDecryption: bool, "
           "MaxResults: int, NextToken: str",
           get_by_path}};
}

}  // namespace drydock::api::vault
