#include "cli/flag_kinds_internal.h"

// The verbs of what a file defines as a whole, and of what is seen of running tasks.
namespace drydock::cli {

void add_up(CLI::App& app, Slots& slots) {
  constexpr const char* kFile =
      "The task definition, CloudFormation template, cdk.out folder or terraform show -json; "
      "without one task-definition.json, taskdef.json or .aws/task-definition.json";
  auto& c = slots.convert;
  auto* v = add_verb(app, slots, c, "convert",
                     "Print the RegisterTaskDefinition document that a file comes to; needs no "
                     "daemon",
                     "drydock convert template.yaml --parameter Tag=v2");
  v->add_option("FILE", c.file, kFile)->type_name("FILE");
  add_from_file(v, c.from);

  auto& u = slots.up;
  v = add_verb(app, slots, u, "up",
               "Register all that a file defines and keep it running as services: its own, else "
               "one for each task definition",
               "drydock up template.yaml --parameter Tag=v2");
  v->add_option("FILE", u.file, kFile)->type_name("FILE");
  add_from_file(v, u.from);
  text(v, "--name", u.name, "NAME", "What down calls it (the file's folder)");
  text(v, "--cluster", u.cluster, "NAME", "The cluster of all services (as the file says)");
  v->add_flag("--no-wait", u.no_wait, "Do not wait until the services are stable");
  duration(v, "--timeout", u.timeout, "Give up waiting after this time and exit with 124");

  auto& d = slots.down;
  v = add_verb(app, slots, d, "down", "Stop and remove what up made", "drydock down");
  v->add_option("FILE", d.file, "The file that up was given; only its folder's name is used")
      ->type_name("FILE");
  text(v, "--name", d.name, "NAME", "The name that up was given");
  duration(v, "--timeout", d.timeout, "Give up waiting after this time and exit with 124");
}

void add_measures(CLI::App& app, Slots& slots) {
  auto* v = add_verb(app, slots, slots.stats, "stats",
                     "Show what containers use: CPU (100 % is one processor), memory, network, "
                     "disk, processes",
                     "drydock stats web");
  v->add_option("TASK", slots.stats.tasks, "Only these tasks")->type_name("");
  v->add_flag("--no-stream", slots.stats.no_stream, "Once, after a second");

  CLI::App* network = app.add_subcommand(
      "network", "Show the networks of tasks; each is made with its task and goes with it");
  network->footer("drydock network ls")->fallthrough()->require_subcommand(1);
  add_verb(*network, slots, slots.network_list, "ls",
           "List them: address, subnet and namespace of every task", "drydock network ls");
  v = add_verb(*network, slots, slots.network_inspect, "inspect",
               "Show the networks of tasks: interface, gateway, resolver, published ports",
               "drydock network inspect web");
  operands(v, "TASK", slots.network_inspect.tasks, "The tasks");
}

}  // namespace drydock::cli
