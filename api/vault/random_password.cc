#include "api/vault/random_password.h"

#include <sys/random.h>

#include <cstdint>
#include <vector>

namespace drydock::api::vault {
namespace {

constexpr long long kLongest = 4096;

// Below `limit`, all equally likely.
std::size_t random_below(std::size_t limit) {
  const std::uint32_t most = UINT32_MAX - UINT32_MAX % static_cast<std::uint32_t>(limit);
  while (true) {
    std::uint32_t number = 0;
    if (::getrandom(&number, sizeof number, 0) == sizeof number && number < most)
      return number % limit;
  }
}

std::string without(std::string_view letters, const std::string& excluded) {
  std::string out;
  for (const char c : letters)
    if (excluded.find(c) == std::string::npos) out += c;
  return out;
}

}  // namespace

control::Answer<std::string> random_password(const PasswordRules& rules) {
  if (rules.length < 1 || rules.length > kLongest)
    return control::refuse("InvalidParameterException",
                           "InvalidParameterException: PasswordLength must be from 1 to 4096, and "
                           "was " +
                               std::to_string(rules.length) + ".");
  std::vector<std::string> kinds;
  const auto add = [&](bool wanted, std::string_view letters) {
    if (!wanted) return true;
    kinds.push_back(without(letters, rules.excluded));
    return !kinds.back().empty();
  };
  bool all = add(rules.lower, "abcdefghijklmnopqrstuvwxyz");
  all &= add(rules.upper, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  all &= add(rules.digits, "0123456789");
  all &= add(rules.punctuation, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");
  all &= add(rules.space, " ");
  std::string letters;
  for (const std::string& kind : kinds) letters += kind;
  if (letters.empty() || (rules.each && !all))
    return control::refuse("InvalidParameterException",
                           "The password cannot be made: a kind of characters that it must have "
                           "is excluded.");
  if (rules.each && static_cast<std::size_t>(rules.length) < kinds.size())
    return control::refuse("InvalidParameterException",
                           "The password length is too short based on the required types.");
  std::string password;
  if (rules.each)
    for (const std::string& kind : kinds) password += kind[random_below(kind.size())];
  while (password.size() < static_cast<std::size_t>(rules.length))
    password += letters[random_below(letters.size())];
  for (std::size_t i = password.size() - 1; i > 0; --i)
    std::swap(password[i], password[random_below(i + 1)]);
  return password;
}

}  // namespace drydock::api::vault
