#pragma once
#include <string>
#include <string_view>
#include <utility>

#include "secrets/value_from.h"
#include "secrets/vault.h"

// How things are named in the vault. Pure.
namespace drydock::secrets {

// As the API's SecretId: a name, an ARN, or an ARN without its six random characters; the ARN may
// be another account's, as at AWS, but not another region's. Nullptr when there is none, or it
// should have vanished at `now`.
SecretPtr find_secret(const Contents& contents, const Place& place, const std::string& id,
                      Millis now);
// As a task's valueFrom: the same, and where nobody has that ARN, the secret of its name in
// whatever account or with whatever suffix it was made here: in the ARN's place, then in the
// task's. Never one that is marked as deleted.
SecretPtr find_task_secret(const Contents& contents, const Place& task, const ValueFrom& wanted);

// "name", "name:3", "name:label", or an ARN with or without such an end.
struct ParameterId {
  Place place;
  std::string name, selector;  // without its colon; or empty
};
ParameterId parse_parameter_id(const Place& place, std::string_view text);
// In the task's place when the one of the ARN has none. An ARN does not tell "x" from "/x".
ParameterPtr find_task_parameter(const Contents& contents, const Place& task,
                                 const ValueFrom& wanted);

}  // namespace drydock::secrets
