#include "secrets/secrets_file.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "base/json.h"

namespace drydock::secrets {
namespace {

using Entries = std::map<std::string, std::string>;

constexpr std::string_view kBlank = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(kBlank);
  if (from == text.npos) return {};
  return text.substr(from, text.find_last_not_of(kBlank) - from + 1);
}

// Reads the lines of a dotenv file. Values in quotes may hold line ends.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  Result<Entries> read() {
    Entries all;
    while (!rest_.empty()) {
      ++line_;
      const std::string_view line = trimmed(rest_.substr(0, rest_.find('\n')));
      if (line.empty() || line.front() == '#') {
        skip_line();
        continue;
      }
      DRYDOCK_LET(const std::string name, take_name());
      DRYDOCK_LET(all[name], take_value());
    }
    return all;
  }

 private:
  tl::unexpected<Error> wrong(const std::string& what) const {
    return fail(Errc::kInvalid, "line " + std::to_string(line_) + " " + what);
  }
  void skip_line() {
    const auto end = rest_.find('\n');
    rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 1);
  }

  Result<std::string> take_name() {
    const auto equals = rest_.find_first_of("=\n");
    if (equals == rest_.npos || rest_[equals] == '\n') return wrong("has no =");
    std::string_view name = trimmed(rest_.substr(0, equals));
    if (name.starts_with("export ")) name = trimmed(name.substr(7));
    if (name.empty()) return wrong("has no name before its =");
    if (name.find_first_of(" \t\"'") != name.npos) return wrong("has blanks or quotes in its name");
    rest_.remove_prefix(equals + 1);
    return std::string(name);
  }

  Result<std::string> take_value() {
    const auto first = rest_.find_first_not_of(" \t");
    const char quote = first == rest_.npos ? '\0' : rest_[first];
    if (quote == '"' || quote == '\'') {
      rest_.remove_prefix(first + 1);
      return quoted(quote);
    }
    std::string_view value = rest_.substr(0, rest_.find('\n'));
    skip_line();
    if (const auto comment = value.find(" #"); comment != value.npos)
      value = value.substr(0, comment);
    return std::string(trimmed(value));
  }

  // After the opening quote. In "..." a backslash escapes.
  Result<std::string> quoted(char quote) {
    const int begun = line_;
    std::string value;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      char c = rest_[i];
      if (c == '\n') ++line_;
      if (c == quote) {
        rest_.remove_prefix(i + 1);
        const std::string_view after = trimmed(rest_.substr(0, rest_.find('\n')));
        if (!after.empty() && after.front() != '#') return wrong("goes on after the closing quote");
        skip_line();
        return value;
      }
      if (c == '\\' && quote == '"' && i + 1 < rest_.size()) {
        c = rest_[++i];
        if (c == '\n') ++line_;
        if (c == 'n')
          c = '\n';
        else if (c == 'r')
          c = '\r';
        else if (c == 't')
          c = '\t';
      }
      value += c;
    }
    line_ = begun;
    return wrong("opens a quote that is never closed");
  }

  std::string_view rest_;
  int line_ = 0;
};

Result<Entries> from_json(std::string_view text) {
  const auto document = parse_json(text);
  // Its text may be in the parser's message.
  if (!document) return fail(Errc::kInvalid, "it begins as JSON and is none");
  Entries all;
  for (const auto& [name, value] : document->items()) {
    if (value.is_null()) return fail(Errc::kInvalid, "the value of \"" + name + "\" is null");
    all[name] = value.is_string() ? value.get<std::string>() : dump_json(value);
  }
  return all;
}

// What may stand for it in a file, the most exact first.
std::vector<std::string> names_of(const ValueFrom& wanted) {
  std::vector<std::string> names = {wanted.text, wanted.id, wanted.name};
  if (wanted.kind == ValueFrom::Kind::kSecret) names.push_back(without_suffix(wanted.name));
  return names;
}

}  // namespace

Result<SecretsFile> SecretsFile::parse(std::string_view text) {
  if (text.size() > kLargestFile)
    return fail(Errc::kInvalid, "it is larger than " + std::to_string(kLargestFile) + " bytes");
  if (text.find('\0') != text.npos) return fail(Errc::kInvalid, "it has NUL bytes in it");
  const auto first = text.find_first_not_of(" \t\r\n");
  const bool json = first != text.npos && text[first] == '{';
  SecretsFile file;
  DRYDOCK_LET(file.entries_, json ? from_json(text) : Lines(text).read());
  return file;
}

std::optional<SecretsFile::Found> SecretsFile::find(const ValueFrom& wanted,
                                                    const std::string& variable) const {
  const std::vector<std::string> names = names_of(wanted);
  for (std::size_t i = 0; i < names.size(); ++i)
    if (const auto at = entries_.find(names[i]); at != entries_.end())
      // Named with its selectors, it is what they select.
      return Found{at->second, i == 0 && wanted.text != wanted.id};
  if (const auto at = entries_.find(variable); at != entries_.end() && !variable.empty())
    return Found{at->second, true};
  return std::nullopt;
}

}  // namespace drydock::secrets
