#pragma once
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

// What a `valueFrom` names (task-definition.md 5.4, firelens-and-lifecycle.md C3). Pure.
namespace drydock::secrets {

struct ValueFrom {
  enum class Kind { kSecret, kParameter };  // Secrets Manager, Parameter Store
  Kind kind = Kind::kParameter;
  std::string text;             // as it was written
  std::string region, account;  // of an ARN; empty: the task's
  // A parameter's name, as it is written; of a secret its name, with what follows it in an ARN.
  std::string name;
  std::string id;  // what the service is asked for: a secret's ARN without selectors, else `name`
  std::string json_key, version_stage, version_id;  // selectors of a secret; or empty
  bool operator==(const ValueFrom&) const = default;
};

// Of `secrets` and `secretOptions`: an ARN of a secret, with or without
// ":json-key:version-stage:version-id", an ARN of a parameter, or a parameter's name. kInvalid has
// ECS' text.
Result<ValueFrom> parse_value_from(std::string_view text);
// Of repositoryCredentials.credentialsParameter: an ARN of a secret, or its name.
Result<ValueFrom> parse_credentials_parameter(std::string_view text);

// The name without the six random characters that the ARN of a secret ends with; as it is when it
// does not look like that.
std::string without_suffix(std::string_view name);

// The value of `key` in a secret's text, as ECS writes it into a variable. kInvalid: the text is no
// JSON object; kNotFound: it has no such key. Never with a piece of the text.
Result<std::string> json_value(std::string_view secret, const std::string& key);

// A value that is not a string, as Go's %v prints it.
std::string go_text(const Json& value);

}  // namespace drydock::secrets
