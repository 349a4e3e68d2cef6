#pragma once
#include <string>
#include <vector>

#include "cli/command_model.h"
#include "cli/options.h"

namespace drydock::cli {

// What the arguments came to. Without a verb there is only something to print and an exit code:
// help, or a usage error (exit code 2) that names the flag.
struct Parsed {
  Common common;
  Verb verb;
  int exit_code = 0;
  std::string print;  // for stdout when exit_code is 0, else for stderr
};

// What the program is called: as ecs-cli it has the verbs that are known from there.
enum class Program { kDrydock, kEcsCli };
Program program_of(const std::string& argv0);

// Reads the arguments without the program's name.
Parsed parse_arguments(const std::vector<std::string>& arguments,
                       Program program = Program::kDrydock);

// The tree of verbs and flags.
CommandModel command_model();

}  // namespace drydock::cli
