#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "control/answer.h"
#include "control/caller.h"
#include "secrets/vault.h"

// Secrets Manager and Parameter Store over the vault.
namespace drydock::api::vault {

using control::Answer;

// In whose name, where and when an operation acts.
struct Call {
  secrets::Vault& vault;
  secrets::Place place;
  std::string caller_arn;
  secrets::Millis now = 0;
};

// One operation of either service: a row in the table of its group's file. On a door's worker.
struct Operation {
  std::string_view name;
  std::string_view required;  // members that must be there: "Name Value"
  std::string_view input;     // members, in the notation of shapes.h
  Answer<Json> (*run)(const Call&, const Json& input);
};

// Secrets Manager.
std::vector<Operation> secret_value_operations();
std::vector<Operation> secret_list_operations();
std::vector<Operation> secret_life_operations();
std::vector<Operation> secret_policy_operations();
// Parameter Store.
std::vector<Operation> parameter_put_operations();
std::vector<Operation> parameter_get_operations();
std::vector<Operation> parameter_list_operations();
std::vector<Operation> parameter_tag_operations();

// ---- Shared by the groups

// Lets `change` work on the contents; what it did is kept when it gives an answer that is no error.
Answer<Json> changed(const Call& call,
                     const std::function<Answer<Json>(secrets::Contents&)>& change);

// Seconds since 1970, as both services write times.
double seconds(secrets::Millis at);

// One page of `items` from the input's NextToken and MaxResults: sets output[member] and NextToken.
struct Paging {
  const char* member;
  long long most;             // the largest MaxResults, and what it is when absent
  const char* invalid_token;  // the service's code for a token that it did not give
  const char* invalid_size = "ValidationException";
};
using Items = std::vector<std::pair<std::string, Json>>;  // by what they are known by
Answer<Json> paged(const Json& input, const Paging& paging, const Items& items);
// The same onto `output`.
Answer<Json> paged(const Json& input, const Paging& paging, const Items& items, Json output);

// [{"Key","Value"}] onto `tags`; kept in the order they came. `code` names the error of a bad one.
Answer<bool> add_tags(secrets::TagList& tags, const Json* list, const char* code);
Json tags_json(const secrets::TagList& tags);
void remove_tags(secrets::TagList& tags, const Json& keys);

std::vector<std::string> strings(const Json& input, const char* member);

// The secret that `input`'s SecretId names, in the words of the service when it is not there, or is
// marked as deleted and `deleted_too` is false.
Answer<secrets::SecretPtr> secret_of(const Call& call, const secrets::Contents& contents,
                                     const Json& input, bool deleted_too = false);

}  // namespace drydock::api::vault
