#pragma once
#include <string>
#include <vector>

// The command line as data: what --help, the man page and the shell completions are made from. Read
// from the parser itself (arguments.h), so none of them can differ from what is accepted.
namespace drydock::cli {

struct OptionModel {
  std::vector<std::string> names;  // "-f", "--task-def-file"
  std::string value;               // "FILE"; empty for a switch
  std::string help;
  std::vector<std::string> choices;  // when `value` is a list like always|missing|never
};

struct OperandModel {
  std::string name;  // "TASK"
  std::string help;
  bool required = false;
  bool many = false;
};

struct CommandModel {
  std::string name;
  std::vector<std::string> aliases;
  std::string summary;  // one line
  std::string example;
  std::vector<OptionModel> options;
  std::vector<OperandModel> operands;
  std::vector<CommandModel> commands;
};

// "drydock run [TASKDEF] [flags]"
std::string usage_line(const CommandModel& command, const std::string& path);
// What `--help` prints. `common` are the flags every verb takes.
std::string help_text(const CommandModel& command, const std::string& path,
                      const std::vector<OptionModel>& common);
// drydock(1) in roff.
std::string man_page(const CommandModel& program);
std::string bash_completion(const CommandModel& program);
std::string zsh_completion(const CommandModel& program);
std::string fish_completion(const CommandModel& program);

}  // namespace drydock::cli
