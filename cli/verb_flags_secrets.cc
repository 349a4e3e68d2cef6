#include "cli/flag_kinds_internal.h"

// The verbs of the local Secrets Manager and Parameter Store.
namespace drydock::cli {
namespace {

// Where a value comes from: not from two places.
void add_value(CLI::App* v, ValueSource& value) {
  auto* text_given =
      v->add_option("VALUE", value.text, "The value; without it, or a flag, that of standard input")
          ->type_name("");
  auto* file = text(v, "--from-file", value.file, "FILE", "The content of a file, as it is");
  auto* variable = text(v, "--from-env", value.variable, "NAME",
                        "The value of this variable of the environment");
  text_given->excludes(file)->excludes(variable);
  file->excludes(variable);
}

}  // namespace

void add_secrets(CLI::App& app, Slots& slots) {
  CLI::App* secrets =
      app.add_subcommand("secrets", "Keep secrets for tasks in the local Secrets Manager");
  secrets->footer("drydock secrets ls")->fallthrough()->require_subcommand(1);
  auto* v = add_verb(*secrets, slots, slots.secrets_set, "set",
                     "Make a secret, or give it a new version, and print its ARN",
                     "drydock secrets set app/db --from-env DB_PASSWORD");
  v->add_option("NAME", slots.secrets_set.name, "Its name, or the ARN a definition has for it")
      ->required()
      ->type_name("");
  add_value(v, slots.secrets_set.value);
  text(v, "--description", slots.secrets_set.description, "TEXT", "What it is");
  v = add_verb(*secrets, slots, slots.secrets_get, "get", "Print the value of a secret",
               "drydock secrets get app/db --key password");
  v->add_option("NAME", slots.secrets_get.name, "Its name or ARN")->required()->type_name("");
  text(v, "--key", slots.secrets_get.key, "KEY", "Only this member of a secret that is JSON");
  text(v, "--stage", slots.secrets_get.stage, "LABEL", "Another version, like AWSPREVIOUS");
  add_verb(*secrets, slots, slots.secrets_list, "ls", "List secrets, without their values",
           "drydock secrets ls --json");
  v = add_verb(*secrets, slots, slots.secrets_remove, "rm",
               "Remove secrets at once, with all their versions", "drydock secrets rm app/db");
  operands(v, "NAME", slots.secrets_remove.names, "The secrets");
}

void add_params(CLI::App& app, Slots& slots) {
  CLI::App* params =
      app.add_subcommand("params", "Keep parameters for tasks in the local SSM Parameter Store");
  params->footer("drydock params ls /app")->fallthrough()->require_subcommand(1);
  auto* v = add_verb(*params, slots, slots.params_set, "set",
                     "Make a parameter, or a new version of it, and print its version",
                     "drydock params set /app/token --from-file token.txt");
  v->add_option("NAME", slots.params_set.name, "Its name, or the ARN a definition has for it")
      ->required()
      ->type_name("");
  add_value(v, slots.params_set.value);
  choice(v, "--type", slots.params_set.type, {"SecureString", "String", "StringList"},
         "What it is (SecureString)");
  v = add_verb(*params, slots, slots.params_get, "get", "Print the value of a parameter",
               "drydock params get /app/token:1");
  v->add_option("NAME", slots.params_get.name, "Its name or ARN; with :VERSION or :LABEL that one")
      ->required()
      ->type_name("");
  v = add_verb(*params, slots, slots.params_list, "ls",
               "List parameters, or those below a path, without their values",
               "drydock params ls /app --json");
  v->add_option("PATH", slots.params_list.path, "Where they lie (/)")->type_name("");
  v = add_verb(*params, slots, slots.params_remove, "rm",
               "Remove parameters at once, with all their versions",
               "drydock params rm /app/token");
  operands(v, "NAME", slots.params_remove.names, "The parameters");
}

}  // namespace drydock::cli
