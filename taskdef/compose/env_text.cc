#include "taskdef/compose/interpolate.h"
#include "taskdef/compose/options.h"

// Files of variables, as Compose reads them.
namespace drydock::taskdef::compose {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// What stands between double quotes, with \n, \", \\ and \$.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    if (c == 'n')
      out += '\n';
    else if (c == 't')
      out += '\t';
    else if (c == 'r')
      out += '\r';
    else if (c == '"' || c == '\\')
      out += c;
    else if (c == '$')
      out += "$$";  // no variable
    else
      (out += '\\') += c;
  }
  return out;
}

// The end of a quoted value that begins at 1; npos when the quote is open.
std::size_t closing_quote(std::string_view text, char quote) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\')
      ++i;
    else if (text[i] == quote)
      return i;
  }
  return std::string_view::npos;
}

Result<std::string> value_of(std::string_view text, const Variables& variables) {
  std::vector<std::string> unset;
  const char quote = text.empty() ? '\0' : text[0];
  if (quote == '\'' || quote == '"') {
    const std::size_t end = closing_quote(text, quote);
    if (end == std::string_view::npos) return fail(Errc::kInvalid, "the quote is not closed");
    const std::string_view behind = trimmed(text.substr(end + 1));
    if (!behind.empty() && !behind.starts_with('#'))
      return fail(Errc::kInvalid, "nothing may stand behind the closing quote");
    const std::string_view inside = text.substr(1, end - 1);
    return quote == '\'' ? Result<std::string>(std::string(inside))
                         : interpolate(unescaped(inside), variables, unset);
  }
  const std::size_t comment = std::min(text.find(" #"), text.find("\t#"));
  if (comment != std::string_view::npos) text = trimmed(text.substr(0, comment));
  auto value = interpolate(text, variables, unset);
  // A dollar sign that begins no variable is one: passwords have them.
  return value ? value : Result<std::string>(std::string(text));
}

}  // namespace

Result<std::vector<std::pair<std::string, std::string>>> parse_env_text(std::string_view text,
                                                                        const Variables& variable) {
  std::vector<std::pair<std::string, std::string>> out;
  const Variables known = [&](const std::string& name) -> std::optional<std::string> {
    for (auto at = out.rbegin(); at != out.rend(); ++at)
      if (at->first == name) return at->second;
    return variable ? variable(name) : std::nullopt;
  };
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.starts_with('#')) continue;
    if (line.starts_with("export ")) line = trimmed(line.substr(7));
    const std::size_t equals = line.find('=');
    const std::string name(trimmed(line.substr(0, equals)));
    if (name.empty() || name.find_first_of(" \t") != std::string::npos)
      return fail(Errc::kInvalid, "line " + std::to_string(number) + ": \"" +
                                      std::string(line.substr(0, 40)) +
                                      "\" must have the form NAME=VALUE");
    if (equals == std::string_view::npos) {
      if (auto value = variable ? variable(name) : std::nullopt)
        out.emplace_back(name, std::move(*value));
      continue;
    }
    auto value = value_of(trimmed(line.substr(equals + 1)), known);
    if (!value)
      return fail(Errc::kInvalid,
                  "line " + std::to_string(number) + ": " + name + ": " + value.error().message);
    out.emplace_back(name, std::move(*value));
  }
  return out;
}

}  // namespace drydock::taskdef::compose
