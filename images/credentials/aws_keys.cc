#include "images/credentials/aws_keys.h"

#include <sstream>

namespace drydock::images::credentials {
namespace {

std::string trimmed(const std::string& text) {
  const auto from = text.find_first_not_of(" \t\r");
  if (from == std::string::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

}  // namespace

http::AwsKeys parse_aws_credentials(std::string_view text, std::string_view profile) {
  http::AwsKeys keys;
  bool ours = false;
  std::istringstream lines{std::string(text)};
  for (std::string raw; std::getline(lines, raw);) {
    const std::string line = trimmed(raw);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      ours = trimmed(line.substr(1, line.find(']') - 1)) == profile;
      continue;
    }
    const auto equals = line.find('=');
    if (!ours || equals == std::string::npos) continue;
    const std::string name = trimmed(line.substr(0, equals));
    const std::string value = trimmed(line.substr(equals + 1));
    if (name == "aws_access_key_id") keys.id = value;
    if (name == "aws_secret_access_key") keys.secret = value;
    if (name == "aws_session_token") keys.session_token = value;
  }
  return keys;
}

}  // namespace drydock::images::credentials
