#pragma once
#include <optional>
#include <string>
#include <vector>

#include "control/answer.h"
#include "secrets/documents.h"

// How versions of a secret and their staging labels come and go. Pure.
namespace drydock::api::vault {

inline constexpr std::string_view kCurrent = "AWSCURRENT";
inline constexpr std::string_view kPrevious = "AWSPREVIOUS";

// What a version is to hold.
struct NewValue {
  std::string token;  // ClientRequestToken: its id
  std::optional<std::string> text, binary;
  std::vector<std::string> stages;
};

// Adds the version, and moves its labels to it; AWSPREVIOUS follows AWSCURRENT. The same value with
// the same token again changes nothing; another value is an error in the service's words.
control::Answer<bool> add_version(secrets::Secret& secret, const NewValue& value,
                                  secrets::Millis now);
// Takes a label from one version and gives it to another (either may be empty).
control::Answer<bool> move_stage(secrets::Secret& secret, const std::string& stage,
                                 const std::string& from, const std::string& to);

}  // namespace drydock::api::vault
