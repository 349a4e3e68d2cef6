#include "cli/flag_kinds_internal.h"
#include "cli/values.h"

// The verbs of services.
namespace drydock::cli {
namespace {

constexpr int kMostDesired = 5000;  // ECS's quota of tasks a service

void add_waiting(CLI::App* v, bool& wait, std::optional<Duration>& timeout) {
  v->add_flag("--wait", wait, "Until the service is stable; its events go to stderr");
  duration(v, "--timeout", timeout, "With --wait: give up after this time and exit with 124");
}

void add_settings(CLI::App* v, ServiceSettings& o, const char* cluster_help) {
  auto* named = text(v, "--task-definition", o.definition, "NAME",
                     "A definition registered here: family or family:revision");
  v->add_option("-f,--file", o.file,
                "A task definition to register, or a template with one; - for stdin")
      ->type_name("FILE")
      ->excludes(named);
  add_from_file(v, o.from);
  text(v, "--cluster", o.cluster, "NAME", cluster_help);
  count(v, "--desired-count", o.desired, 0, kMostDesired, "N", "How many tasks are to run");
  count(v, "--min-healthy", o.min_healthy, 0, 100, "PERCENT",
        "How many of them a deployment keeps running (100)");
  count(v, "--max-percent", o.max_percent, 1, 1000, "PERCENT",
        "How many there may be during a deployment (200)");
  v->add_option_function<std::string>(
       "--circuit-breaker",
       [&o](const std::string& given) {
         if (given == "on")
           o.breaker = Breaker::kOn;
         else if (given == "rollback")
           o.breaker = Breaker::kRollback;
         else if (given == "off")
           o.breaker = Breaker::kOff;
         else
           throw CLI::ValidationError("--circuit-breaker",
                                      "\"" + given + "\" must be on, rollback or off");
       },
       "End a deployment whose tasks keep failing, and with rollback take it back")
      ->type_name("on|rollback|off");
  v->add_option("--subnet", o.subnets, "A subnet of the tasks (repeatable)")
      ->type_name("ID")
      ->allow_extra_args(false);
  v->add_option("--security-group", o.security_groups, "A security group of the tasks (repeatable)")
      ->type_name("ID")
      ->allow_extra_args(false);
  add_waiting(v, o.wait, o.timeout);
}

void add_changes(CLI::App* service, Slots& slots) {
  auto& c = slots.service_create;
  auto* v = add_verb(*service, slots, c, "create", "Keep a number of tasks running",
                     "drydock service create web -f task-definition.json --desired-count 2 --wait");
  v->add_option("NAME", c.name, "The service's name; without one the definition's family")
      ->type_name("");
  add_settings(v, c, "The cluster, made if absent (default)");
  choice(v, "--launch-type", c.launch_type, {"FARGATE", "EC2"},
         "Where its tasks run (as the definition requires)");
  v->add_flag("--enable-execute-command", c.enable_execute_command,
              "Let aws ecs execute-command into its tasks");

  auto& u = slots.service_update;
  v = add_verb(*service, slots, u, "update", "Change a service; its tasks are replaced in turn",
               "drydock service update web -f task-definition.json --wait");
  v->add_option("SERVICE", u.name, "The service: its name, or the start of it")
      ->required()
      ->type_name("");
  add_settings(v, u, "Only this cluster's services");
  v->add_flag("--force-new-deployment", u.force_new_deployment,
              "Replace its tasks although nothing changed");

  auto& s = slots.service_scale;
  v = add_verb(*service, slots, s, "scale", "Set how many tasks of services are to run",
               "drydock service scale web=3 --wait");
  v->add_option_function<std::vector<std::string>>(
       "TARGET",
       [&s](const std::vector<std::string>& texts) {
         for (const auto& given : texts) {
           auto target = parse_scale(given);
           if (!target) throw CLI::ValidationError("TARGET", target.error().message);
           s.targets.push_back(std::move(*target));
         }
       },
       "The services and their counts: SERVICE=COUNT")
      ->required()
      ->type_name("");
  text(v, "--cluster", s.cluster, "NAME", "Only this cluster's services");
  add_waiting(v, s.wait, s.timeout);

  auto& r = slots.service_remove;
  v = add_verb(*service, slots, r, "rm", "Stop the tasks of services and delete them",
               "drydock service rm web");
  operands(v, "SERVICE", r.names, "The services");
  text(v, "--cluster", r.cluster, "NAME", "Only this cluster's services");
  v->add_flag("--no-wait", r.no_wait, "Do not wait until their tasks are gone");
  duration(v, "--timeout", r.timeout, "Give up waiting after this time and exit with 124");
}

}  // namespace

void add_services(CLI::App& app, Slots& slots) {
  CLI::App* service =
      app.add_subcommand("service", "Keep tasks running, change how many and which, remove them");
  service->footer("drydock service ls")->fallthrough()->require_subcommand(1);
  auto* v = add_verb(*service, slots, slots.service_list, "ls", "List the services",
                     "drydock service ls --cluster demo");
  text(v, "--cluster", slots.service_list.cluster, "NAME", "Only this cluster's");
  v->add_flag("--watch", slots.service_list.watch, "Redraw when something changes");

  v = add_verb(*service, slots, slots.service_ps, "ps", "List the containers of a service",
               "drydock service ps web --all");
  v->add_option("SERVICE", slots.service_ps.name, "The service")->required()->type_name("");
  text(v, "--cluster", slots.service_ps.cluster, "NAME", "Only this cluster's services");
  v->add_flag("-a,--all", slots.service_ps.all, "Stopped ones too");
  v->add_flag("--wide", slots.service_ps.wide, "Do not shorten IDs and images");
  v->add_flag("--watch", slots.service_ps.watch, "Redraw when something changes");

  v = add_verb(*service, slots, slots.service_inspect, "inspect",
               "Show services as DescribeServices does", "drydock service inspect web");
  operands(v, "SERVICE", slots.service_inspect.names, "The services");
  text(v, "--cluster", slots.service_inspect.cluster, "NAME", "Only this cluster's services");
  add_changes(service, slots);
}

}  // namespace drydock::cli
