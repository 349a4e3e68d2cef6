#include "runtime/bundle/env_file.h"

#include <map>

namespace drydock::runtime {
namespace {

constexpr std::size_t kLongestLine = 64u << 10;  // of the agent's line scanner, with its end

Status check_line(std::string_view line, std::size_t number) {
  if (line.size() >= kLongestLine)
    return fail(Errc::kInvalid, "line " + std::to_string(number) +
                                    ": bufio.Scanner: token too long (at most 65535 bytes)");
  if (line.find('\0') != std::string_view::npos)
    return fail(Errc::kInvalid, "line " + std::to_string(number) + ": it has a NUL character");
  return {};
}

}  // namespace

Result<std::vector<taskdef::KeyValue>> parse_env_file(std::string_view text) {
  std::vector<taskdef::KeyValue> variables;
  std::map<std::string, std::size_t, std::less<>> index;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    DRYDOCK_TRY(check_line(line, number));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t equals = line.find('=');
    if (line.starts_with('#') || equals == std::string_view::npos || equals == 0) continue;
    const std::string_view value = line.substr(equals + 1);
    const auto [at, fresh] =
        index.try_emplace(std::string(line.substr(0, equals)), variables.size());
    if (fresh)
      variables.push_back({at->first, std::string(value)});
    else
      variables[at->second].value = value;
  }
  return variables;
}

}  // namespace drydock::runtime
