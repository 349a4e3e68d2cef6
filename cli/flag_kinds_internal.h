#pragma once
#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "cli/verb_flags.h"

// The kinds of flags and operands that verbs are made of. Inside of build(): whatever is given here
// must outlive the parsing.
namespace drydock::cli {

// A verb of `parent`; `options` is what it fills and what runs.
template <class Options>
CLI::App* add_verb(CLI::App& parent, Slots& slots, Options& options, const char* name,
                   const char* summary, const char* example) {
  CLI::App* verb = parent.add_subcommand(name, summary);
  verb->footer(example)->fallthrough();
  verb->callback([&slots, &options] { slots.verb = options; });
  return verb;
}

// A value with a form of its own; `take` stores it.
template <class Parse, class Take>
CLI::Option* formed(CLI::App* verb, const std::string& names, Parse parse, Take take,
                    const char* value, const char* help) {
  const std::string flag = names.substr(names.find("--"));
  return verb
      ->add_option_function<std::vector<std::string>>(
          names,
          [=](const std::vector<std::string>& texts) {
            for (const auto& t : texts) {
              auto parsed = parse(t);
              if (!parsed) throw CLI::ValidationError(flag, parsed.error().message);
              take(std::move(*parsed));
            }
          },
          help)
      ->type_name(value)
      ->allow_extra_args(false);
}

template <class Item>
auto append_to(std::vector<Item>& list) {
  return [&list](Item item) { list.push_back(std::move(item)); };
}

// A text.
CLI::Option* text(CLI::App* verb, const char* names, std::string& to, const char* value,
                  const char* help);

// One or more operands.
void operands(CLI::App* verb, const char* name, std::vector<std::string>& to, const char* help);

// A time like 30s; the last one counts.
CLI::Option* duration(CLI::App* verb, const char* names, std::optional<Duration>& to,
                      const char* help);

// One of some words.
CLI::Option* choice(CLI::App* verb, const char* names, std::string& to,
                    const std::vector<std::string>& choices, const char* help);

// The CPU or the memory of a task, in one of ECS's spellings.
void size(CLI::App* verb, const char* flag, std::string& to,
          std::optional<int> (*parse)(std::string_view), const char* value, const char* help);

// The verbs of the stores: images and volumes, secrets and parameters.
void add_images(CLI::App& app, Slots& slots);
void add_volumes(CLI::App& app, Slots& slots);
void add_secrets(CLI::App& app, Slots& slots);
void add_params(CLI::App& app, Slots& slots);
// The verbs of ecs-cli: local, compose; and its own ps and logs.
void add_local(CLI::App& app, Slots& slots, const std::string& program);
void add_compose(CLI::App& app, Slots& slots, const std::string& program);
void add_ecs_ps_and_logs(CLI::App& app, Slots& slots);
// Services, what a file defines as a whole, and what is measured.
void add_services(CLI::App& app, Slots& slots);
void add_up(CLI::App& app, Slots& slots);
void add_measures(CLI::App& app, Slots& slots);

// --parameter and --resource.
void add_from_file(CLI::App* verb, FromFile& from);
// A whole number from `least` on.
void count(CLI::App* verb, const char* names, std::optional<int>& to, int least, int most,
           const char* value, const char* help);

}  // namespace drydock::cli
