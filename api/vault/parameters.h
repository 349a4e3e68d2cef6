#pragma once
#include <optional>
#include <string>

#include "api/vault/operation.h"
#include "secrets/find.h"

// What the operations of Parameter Store have in common.
namespace drydock::api::vault {

// ValidationException in the service's words.
Answer<bool> check_parameter_name(const std::string& name);
// The same for the path of GetParametersByPath.
Answer<bool> check_parameter_path(const std::string& path);

// The parameter and the version that "name", "name:3", "name:label" or an ARN names.
struct FoundParameter {
  secrets::ParameterPtr parameter;
  const secrets::ParameterVersion* version = nullptr;
  std::string selector;  // ":3", or empty
};
// ParameterNotFound, ParameterVersionNotFound.
Answer<FoundParameter> find_parameter(const Call& call, const secrets::Contents& contents,
                                      const std::string& id);

// As GetParameter shows it; a SecureString's value as it lies on the disk unless `decrypted`.
Json parameter_value_json(const Call& call, const secrets::Parameter& parameter,
                          const secrets::ParameterVersion& version, bool decrypted);
// What GetParameterHistory and DescribeParameters show of a version besides its value.
Json parameter_facts_json(const Call& call, const secrets::Parameter& parameter,
                          const secrets::ParameterVersion& version);

// ParameterFilters: all of them hold.
class ParameterFilters {
 public:
  // InvalidFilterKey, InvalidFilterOption, InvalidFilterValue. Reads `Filters`, the old form, too.
  static Answer<ParameterFilters> parse(const Json& input);
  bool matches(const secrets::Parameter& parameter) const;

 private:
  struct One {
    std::string key, option;
    std::vector<std::string> values;
  };
  static bool holds(const One& one, const secrets::Parameter& parameter);
  std::vector<One> filters_;
};

// Those of the caller's place that are in `path` ("/" is every one): its own level, or all below.
bool is_below(const std::string& name, const std::string& path, bool recursive);

}  // namespace drydock::api::vault
