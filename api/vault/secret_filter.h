#pragma once
#include <string>
#include <vector>

#include "base/json.h"
#include "control/answer.h"
#include "secrets/vault.h"

namespace drydock::api::vault {

// The `Filters` of ListSecrets and BatchGetSecretValue: all of them hold; of a filter's values one
// does, and none that is negated by "!".
class SecretFilter {
 public:
  // ValidationException names an unknown key.
  static control::Answer<SecretFilter> parse(const Json& input);

  bool matches(const secrets::Secret& secret) const;
  // Those of `place`, by name; with `deleted` also those that are marked as deleted.
  std::vector<secrets::SecretPtr> select(const secrets::Contents& contents,
                                         const secrets::Place& place, secrets::Millis now,
                                         bool deleted) const;

 private:
  struct One {
    std::string key;
    std::vector<std::string> values, negated;
  };
  std::vector<One> filters_;
};

}  // namespace drydock::api::vault
