#include "cli/flag_kinds_internal.h"

#include <algorithm>

#include "cli/values.h"

namespace drydock::cli {

CLI::Option* text(CLI::App* verb, const char* names, std::string& to, const char* value,
                  const char* help) {
  return verb->add_option(names, to, help)->type_name(value);
}

void operands(CLI::App* verb, const char* name, std::vector<std::string>& to, const char* help) {
  verb->add_option(name, to, help)->required()->type_name("");
}

CLI::Option* duration(CLI::App* verb, const char* names, std::optional<Duration>& to,
                      const char* help) {
  return formed(
             verb, names, [](const std::string& t) { return parse_duration(t); },
             [&to](Duration d) { to = d; }, "DUR", help)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

CLI::Option* choice(CLI::App* verb, const char* names, std::string& to,
                    const std::vector<std::string>& choices, const char* help) {
  CLI::Option* option = verb->add_option(names, to, help);
  std::string value, spoken;
  for (const auto& c : choices) {
    value += (value.empty() ? "" : "|") + c;
    spoken += (spoken.empty() ? "" : c == choices.back() ? " or " : ", ") + c;
  }
  option->type_name(value);
  option->check([choices, spoken](const std::string& given) {
    return std::find(choices.begin(), choices.end(), given) != choices.end()
               ? std::string()
               : "\"" + given + "\" must be " + spoken;
  });
  return option;
}

void size(CLI::App* verb, const char* flag, std::string& to,
          std::optional<int> (*parse)(std::string_view), const char* value, const char* help) {
  const bool cpu = std::string_view(value) == "UNITS";
  text(verb, flag, to, value, help)->check([parse, cpu](const std::string& given) {
    return parse(given) ? std::string()
                        : "\"" + given + "\" must be a number of " +
                              (cpu ? "CPU units, like 256, or of vCPUs, like \".25 vCPU\""
                                   : "MiB, like 512, or of GB, like \"0.5 GB\"");
  });
}

void count(CLI::App* verb, const char* names, std::optional<int>& to, int least, int most,
           const char* value, const char* help) {
  formed(
      verb, names,
      [least, most](const std::string& given) -> Result<int> {
        const bool digits = !given.empty() && given.size() < 8 &&
                            given.find_first_not_of("0123456789") == std::string::npos;
        const int n = digits ? std::stoi(given) : -1;
        if (n >= least && n <= most) return n;
        return fail(Errc::kInvalid, "\"" + given + "\" must be a number from " +
                                        std::to_string(least) + " to " + std::to_string(most));
      },
      [&to](int n) { to = n; }, value, help);
}

void add_from_file(CLI::App* verb, FromFile& from) {
  formed(verb, "--parameter", parse_parameter, append_to(from.parameters), "NAME=VALUE",
         "A template's parameter, or what a reference in it stands for (the error names it)");
  text(verb, "--resource", from.resource, "NAME",
       "The task definition that is meant, in a file with several: its logical id, or Terraform's "
       "address");
}

}  // namespace drydock::cli
