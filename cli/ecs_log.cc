#include "cli/ecs_log.h"

#include <algorithm>
#include <cstdio>

namespace drydock::cli {
namespace {

constexpr std::size_t kMessage = 44;  // where fields begin
constexpr std::size_t kCell = 20, kGap = 3;

std::string quoted(const std::string& value) {
  const bool plain = !value.empty() && value.find_first_of(" \"=:") == std::string::npos;
  return plain ? value : "\"" + value + "\"";
}

}  // namespace

void EcsLog::say(const char* level, std::string_view text, const Fields& fields) {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begun_);
  char head[32];
  std::snprintf(head, sizeof head, "%s[%04lld] ", level, static_cast<long long>(seconds.count()));
  std::string line(text);
  if (!fields.empty()) line.resize(std::max(line.size(), kMessage), ' ');
  for (const auto& [key, value] : fields) line += " " + key + "=" + quoted(value);
  session_.note(head + line);
}

std::string ecs_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), kCell - kGap);
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 < row.size()) out.append(widths[i] - row[i].size() + kGap, ' ');
    }
    out += '\n';
  }
  return out;
}

}  // namespace drydock::cli
