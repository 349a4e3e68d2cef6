#include "metadata/aws_profile.h"

namespace drydock::metadata {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\r");
  if (from == text.npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

void read(std::string_view text, bool is_config, AwsFiles& out) {
  Settings* section = nullptr;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto raw = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    auto line = trimmed(raw);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      const auto name = trimmed(line.substr(1, line.find(']') - 1));
      section = nullptr;
      if (!is_config || name == "default")
        section = &out.profiles[std::string(name)];
      else if (name.starts_with("profile "))
        section = &out.profiles[std::string(trimmed(name.substr(8)))];
      else if (name.starts_with("sso-session "))
        section = &out.sso_sessions[std::string(trimmed(name.substr(12)))];
      continue;
    }
    // Indented lines belong to a nested setting (s3 = ...), which no credentials come from.
    if (section == nullptr || raw.front() == ' ' || raw.front() == '\t') continue;
    const auto equals = line.find('=');
    if (equals == line.npos) continue;
    auto value = trimmed(line.substr(equals + 1));
    if (const auto comment = value.find(" #"); comment != value.npos)
      value = trimmed(value.substr(0, comment));
    (*section)[std::string(trimmed(line.substr(0, equals)))] = value;
  }
}

}  // namespace

AwsFiles parse_aws_files(std::string_view config, std::string_view credentials) {
  AwsFiles out;
  read(config, true, out);
  read(credentials, false, out);
  return out;
}

Result<std::vector<std::string>> split_command(std::string_view text) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool blank = c == ' ' || c == '\t';
    if (quote == 0 && blank) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (c == '\\' && quote != '\'' && i + 1 < text.size())
      words.back() += text[++i];
    else if (quote == 0 && (c == '\'' || c == '"'))
      quote = c;
    else if (quote != 0 && c == quote)
      quote = 0;
    else
      words.back() += c;
  }
  if (quote != 0) return fail(Errc::kInvalid, "credential_process has a quote that is not closed");
  if (words.empty() || words.front().empty())
    return fail(Errc::kInvalid, "credential_process is empty");
  return words;
}

}  // namespace drydock::metadata
