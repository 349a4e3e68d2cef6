#include "cli/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/verb_flags.h"

// Reads the command line and models it for help, man page and completion. This file and
// verb_flags.cc alone know CLI11.
namespace drydock::cli {
namespace {

std::vector<std::string> choices_of(const std::string& value) {
  std::vector<std::string> out;
  if (value.find('|') == std::string::npos) return out;
  for (auto& part : CLI::detail::split(value, '|'))
    if (part.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos) out.push_back(part);
  return out;
}

void add_options(CommandModel& model, const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    OptionModel o;
    for (const auto& n : option->get_snames()) o.names.push_back("-" + n);
    for (const auto& n : option->get_lnames()) o.names.push_back("--" + n);
    if (o.names.empty() || o.names.back() == "--help") continue;
    if (option->get_items_expected_max() > 0) o.value = option->get_type_name();
    o.help = option->get_description();
    o.choices = choices_of(o.value);
    model.options.push_back(std::move(o));
  }
}

CommandModel model_of(const CLI::App& app) {
  CommandModel model{
      app.get_name(), app.get_aliases(), app.get_description(), app.get_footer(), {}, {}, {}};
  for (const CLI::Option* option : app.get_options())
    if (!option->get_group().empty() && option->get_positional())
      model.operands.push_back({option->get_name(true), option->get_description(),
                                option->get_required(), option->get_expected_max() > 1});
  add_options(model, app);
  // Those of a group may stand behind its verbs. Those of the program are shown apart.
  for (const CLI::App* group = app.get_parent(); group && group->get_parent();
       group = group->get_parent())
    add_options(model, *group);
  for (const CLI::App* sub :
       app.get_subcommands([](const CLI::App* s) { return !s->get_group().empty(); }))
    model.commands.push_back(model_of(*sub));
  return model;
}

void set_up(CLI::App& app, Slots& slots, Program program) {
  if (program == Program::kEcsCli) {
    app.name("ecs-cli");
    app.description(
        "Drydock with the habits of ecs-cli: Compose files and task definitions on this machine");
    app.footer("ecs-cli local up");
    build_ecs_cli(app, slots);
    return;
  }
  app.name("drydock");
  app.description("Run Amazon ECS task definitions on this machine, as Fargate would");
  app.footer("drydock run examples/hello/task-definition.json");
  build(app, slots);
}

// The deepest verb that was named, and the words that led there.
const CLI::App* named_verb(const CLI::App& app, std::string& path) {
  const CLI::App* at = &app;
  path = app.get_name();
  for (auto subs = at->get_subcommands(); !subs.empty(); subs = at->get_subcommands()) {
    at = subs.front();
    path += " " + at->get_name();
  }
  return at;
}

std::string usage_error(const CLI::App& app, const std::vector<std::string>& arguments,
                        const std::string& what) {
  std::string path;
  const CLI::App* verb = named_verb(app, path);
  std::string message = what;
  if (what.find("subcommand") != std::string::npos) message = "a verb is missing";
  if (verb == &app) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      if (arguments[i] == "--host")
        ++i;
      else if (!arguments[i].starts_with('-'))
        return path + ": \"" + arguments[i] + "\" is not a verb\nSee " + path + " --help.\n";
    }
  }
  const bool unmarked_command =
      verb->get_name() == "exec" &&
      std::find(arguments.begin(), arguments.end(), "--") == arguments.end();
  return path + ": " + message +
         (unmarked_command ? "; put -- before the command of the container" : "") + "\nSee " +
         path + " --help.\n";
}

// CLI11 takes a word like [a,b] for a list, which a word of a command is not: those behind "--" get
// a mark at their end, and lose it in unmarked().
constexpr char kMark = '\x1f';
std::vector<std::string> marked(std::vector<std::string> arguments) {
  for (auto at = std::find(arguments.begin(), arguments.end(), "--"); at != arguments.end(); ++at)
    if (at->starts_with('[')) *at += kMark;
  return arguments;
}
void unmarked(std::vector<std::string>& words) {
  for (auto& word : words)
    if (word.starts_with('[') && word.ends_with(kMark)) word.pop_back();
}

}  // namespace

CommandModel command_model() {
  CLI::App app;
  Slots slots;
  set_up(app, slots, Program::kDrydock);
  return model_of(app);
}

Program program_of(const std::string& argv0) {
  return argv0.substr(argv0.rfind('/') + 1) == "ecs-cli" ? Program::kEcsCli : Program::kDrydock;
}

Parsed parse_arguments(const std::vector<std::string>& arguments, Program program) {
  CLI::App app;
  Slots slots;
  set_up(app, slots, program);
  Parsed parsed;
  try {
    auto words = marked(arguments);
    std::reverse(words.begin(), words.end());
    app.parse(std::move(words));
  } catch (const CLI::CallForHelp&) {
    std::string path;
    const CLI::App* verb = named_verb(app, path);
    parsed.print = help_text(model_of(*verb), path,
                             verb == &app ? std::vector<OptionModel>{} : model_of(app).options);
    return parsed;
  } catch (const CLI::ParseError& e) {
    if (!std::holds_alternative<VersionOptions>(slots.verb)) {
      parsed.exit_code = 2;
      parsed.print = usage_error(app, arguments, e.what());
      return parsed;
    }
  }
  if (auto* exec = std::get_if<ExecOptions>(&slots.verb)) unmarked(exec->command);
  parsed.common = slots.common;
  parsed.verb = std::move(slots.verb);
  return parsed;
}

}  // namespace drydock::cli
