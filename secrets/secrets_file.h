#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "secrets/value_from.h"

namespace drydock::secrets {

inline constexpr std::size_t kLargestFile = 1u << 20;
// What a run's own file is sealed as (Sealer) until its task needs it.
inline constexpr std::string_view kRunFile = "secrets file of a run";

// A file of secrets, which stands in for both services: a JSON object, or lines NAME=VALUE
// (dotenv). A name is what `valueFrom` says (an ARN, a secret's or parameter's name), or the name
// of the variable that it is for. A JSON value that is an object is the text of a secret with keys.
class SecretsFile {
 public:
  // kInvalid with the line's number, never with a piece of it. Pure.
  static Result<SecretsFile> parse(std::string_view text);

  struct Found {
    std::string text;
    bool by_variable = false;  // it is the variable's value: json-key was applied already
  };
  // By what it names, the most exact first; then by `variable` (may be empty).
  std::optional<Found> find(const ValueFrom& wanted, const std::string& variable) const;

  const std::map<std::string, std::string>& entries() const { return entries_; }

 private:
  std::map<std::string, std::string> entries_;
};

}  // namespace drydock::secrets
