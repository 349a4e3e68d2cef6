#include <algorithm>

#include "cli/command_model.h"

namespace drydock::cli {
namespace {

constexpr std::size_t kWidth = 100;

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string out;
  for (const auto& w : words) out += (out.empty() ? "" : between) + w;
  return out;
}

// A table of two columns; long texts go on under themselves.
std::string columns(const std::vector<std::pair<std::string, std::string>>& rows) {
  std::size_t left = 0;
  for (const auto& [name, help] : rows)
    left = std::max(left, std::min<std::size_t>(name.size(), 34));
  std::string out;
  for (const auto& [name, help] : rows) {
    std::string line = "  " + name;
    if (name.size() > left) {
      out += line + "\n";
      line.clear();
    }
    line.resize(left + 4, ' ');
    std::size_t at = 0;
    while (at < help.size()) {
      std::size_t end = std::min(at + kWidth - left - 4, help.size());
      if (end < help.size())
        if (const auto space = help.rfind(' ', end); space != std::string::npos && space > at)
          end = space;
      out += line + help.substr(at, end - at) + "\n";
      line.assign(left + 4, ' ');
      at = std::min(help.find_first_not_of(' ', end), help.size());
    }
    if (help.empty()) out += line + "\n";
  }
  return out;
}

std::string spelled(const OptionModel& option) {
  std::string out = joined(option.names, ", ");
  if (option.names.size() == 1 && option.names[0].starts_with("--")) out.insert(0, "    ");
  return option.value.empty() ? out : out + " " + option.value;
}

std::string flag_table(const std::vector<OptionModel>& options) {
  std::vector<std::pair<std::string, std::string>> rows;
  rows.reserve(options.size());
  for (const auto& o : options) rows.emplace_back(spelled(o), o.help);
  return columns(rows);
}

}  // namespace

std::string usage_line(const CommandModel& command, const std::string& path) {
  std::string out = path;
  if (!command.commands.empty()) out += " VERB";
  for (const auto& o : command.operands) {
    const std::string name = o.name + (o.many ? "…" : "");
    out += o.required ? " " + name : " [" + name + "]";
  }
  return out + " [flags]";
}

std::string help_text(const CommandModel& command, const std::string& path,
                      const std::vector<OptionModel>& common) {
  std::string out = command.summary + "\n\nUsage: " + usage_line(command, path) + "\n";
  if (!command.aliases.empty()) out += "Also called: " + joined(command.aliases, ", ") + "\n";
  if (!command.commands.empty()) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (const auto& c : command.commands) rows.emplace_back(c.name, c.summary);
    out += "\nVerbs:\n" + columns(rows);
  }
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& o : command.operands)
    if (!o.help.empty()) rows.emplace_back(o.name, o.help);
  if (!rows.empty()) out += "\nWhat it takes:\n" + columns(rows);
  if (!command.options.empty()) out += "\nFlags:\n" + flag_table(command.options);
  if (!common.empty()) out += "\nFlags of every verb:\n" + flag_table(common);
  return out + "\nExample:\n  " + command.example + "\n";
}

}  // namespace drydock::cli
