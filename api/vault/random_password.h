#pragma once
#include <string>

#include "control/answer.h"

namespace drydock::api::vault {

// GetRandomPassword's parameters.
struct PasswordRules {
  long long length = 32;
  std::string excluded;
  bool lower = true, upper = true, digits = true, punctuation = true;
  bool space = false;
  bool each = true;  // at least one of every kind
};

// From the kernel's random numbers. InvalidParameterException when no password fits the rules.
control::Answer<std::string> random_password(const PasswordRules& rules);

}  // namespace drydock::api::vault
