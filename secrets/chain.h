#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/http/sigv4.h"
#include "base/result.h"
#include "secrets/secrets_file.h"
#include "secrets/value_from.h"
#include "secrets/vault.h"

namespace drydock::secrets {

// One value that a task needs.
struct Wanted {
  ValueFrom from;
  std::string variable;  // what it is for, as the definition calls it; or empty
};

// Who asks.
struct Asker {
  Place place;                              // the task's
  std::shared_ptr<const SecretsFile> file;  // of this run; or null
  std::map<std::string, std::string> user;  // TaskSpec::user: whose AWS keys may be used
  std::function<bool()> cancelled;
};

// Where values come from, in this order; what is not configured is not asked.
struct ChainOptions {
  Vault* vault = nullptr;
  std::vector<std::string> files;  // read at each run, after the run's own
  std::string endpoint;            // of another Secrets Manager and Parameter Store
  // The keys for AWS itself of a user; empty ones: AWS is not asked. Null: it never is.
  std::function<Result<http::AwsKeys>(const std::map<std::string, std::string>& user)> aws_keys;
};

// The provider chain. Thread-safe; blocks for files and other machines.
class Chain {
 public:
  explicit Chain(ChainOptions options) : options_(std::move(options)) {}

  // A value for each, in their order, or why not: a text that follows ECS' "unable to pull secrets
  // or registry auth: execution resource retrieval failed: ". It names what is missing and where it
  // was looked for; never with a value.
  Result<std::vector<std::string>> values(const Asker& asker,
                                          const std::vector<Wanted>& wanted) const;

 private:
  ChainOptions options_;
};

}  // namespace drydock::secrets
