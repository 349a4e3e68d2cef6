#include <cstdlib>

#include "cli/flag_kinds_internal.h"

// The verbs that people know from ecs-cli, with its flags.
namespace drydock::cli {
namespace {

// A verb whose options are shared by several: `action` tells them apart.
template <class Options>
CLI::App* add_action(CLI::App& parent, Slots& slots, Options& options, const char* name,
                     const std::string& action, const char* summary, const std::string& example) {
  CLI::App* verb = add_verb(parent, slots, options, name, summary, example.c_str());
  verb->callback([&slots, &options, action] {
    options.action = action;
    slots.verb = options;
  });
  return verb;
}

CLI::App* add_group(CLI::App& parent, const char* name, const char* summary,
                    const std::string& example) {
  CLI::App* group = parent.add_subcommand(name, summary);
  group->footer(example)->fallthrough()->require_subcommand(1);
  return group;
}

void add_accounts(CLI::App* v, std::string& ecs_profile, std::string& aws_profile,
                  std::string& region) {
  text(v, "--ecs-profile", ecs_profile, "NAME", "Taken for ecs-cli's sake (ECS_PROFILE)")
      ->envname("ECS_PROFILE");
  text(v, "--aws-profile", aws_profile, "NAME",
       "local: the AWS profile that the task's credentials come from; else taken for ecs-cli's "
       "sake");
  text(v, "-r,--region", region, "NAME", "Taken for ecs-cli's sake: the daemon has its region");
}

void add_definition(CLI::App* v, LocalOptions& o) {
  text(v, "-f,--task-def-file", o.file, "FILE", "A task definition (task-definition.json)");
  text(v, "-t,--task-def-remote", o.remote, "NAME",
       "A definition registered here: ARN, family or family:revision");
}

std::string number_text(double n) { return std::to_string(static_cast<long long>(n)); }

// Without a description of its own, which would stand in every help.
auto within(double lowest, double highest) {
  return [lowest, highest](const std::string& given) {
    char* end = nullptr;
    const double n = std::strtod(given.c_str(), &end);
    const bool fits = !given.empty() && *end == '\0' && n >= lowest && n <= highest;
    return fits ? std::string()
                : "\"" + given + "\" must be a number from " + number_text(lowest) + " to " +
                      number_text(highest);
  };
}

CLI::Option* number(CLI::App* v, const char* flag, int& to, const char* value, const char* help) {
  return v->add_option(flag, to, help)->type_name(value)->check(within(0, 1'000'000));
}

void add_services(CLI::App* v, ComposeOptions& o) {
  auto& s = o.service;
  number(v, "--deployment-max-percent", s.most_percent, "N",
         "How many tasks there may be during a deployment, in percent (200)");
  number(v, "--deployment-min-healthy-percent", s.least_percent, "N",
         "How many must be healthy meanwhile (100)");
  text(v, "--target-group-arn", s.target_group, "ARN", "A target group for the service");
  v->add_option("--target-groups", s.target_groups,
                "targetGroupArn=ARN,containerName=NAME,containerPort=PORT (repeatable)")
      ->type_name("TEXT")
      ->delimiter('\0')
      ->allow_extra_args(false);
  text(v, "--container-name", s.container, "NAME", "The container behind the load balancer");
  number(v, "--container-port", s.container_port, "PORT", "Its port");
  text(v, "--load-balancer-name", s.load_balancer, "NAME", "A classic load balancer");
  text(v, "--role", s.role, "ARN", "The role of the load balancer's calls");
  v->add_option("--health-check-grace-period", s.grace_seconds,
                "How many seconds bad health checks of new tasks are passed over")
      ->type_name("SECONDS");
}

void add_timeout(CLI::App* v, ComposeOptions& o) {
  v->add_option("--timeout", o.service.timeout_minutes,
                "How long to wait for a steady service, in minutes (5); 0: not at all")
      ->type_name("MINUTES")
      ->check(within(0, 100'000));
}

// Names of services are always found here (DNS), so these have nothing to do.
void add_discovery(CLI::App* v, ComposeOptions& o) {
  const char* help = "Taken for ecs-cli's sake: tasks are found as FAMILY.CLUSTER.local";
  v->add_flag("--enable-service-discovery", o.service.discovery, help);
  for (const char* flag :
       {"--vpc", "--private-dns-namespace", "--private-dns-namespace-id", "--public-dns-namespace",
        "--public-dns-namespace-id", "--sd-container-name", "--sd-container-port", "--dns-type",
        "--dns-ttl", "--healthcheck-custom-config-failure-threshold"})
    v->add_option_function<std::string>(
         flag, [&o](const std::string&) { o.service.discovery = true; }, help)
        ->type_name("TEXT");
}

void add_registering(CLI::App* v, ComposeOptions& o) {
  v->add_flag("--create-log-groups", o.log_groups,
              "Make the log groups that the containers' awslogs options name");
  choice(v, "--launch-type", o.source.launch_type, {"EC2", "FARGATE"}, "How the tasks are run");
  text(v, "--tags", o.tags, "K=V,...", "Tags of the task definition, and of what is started");
}

void add_compose_service(CLI::App& compose, Slots& slots, ComposeOptions& o,
                         const std::string& program) {
  const std::string example = program + " compose service ";
  CLI::App* service =
      add_group(compose, "service", "Keep the project's tasks as a service", example + "up");
  auto* v = add_action(*service, slots, o, "create", "service create",
                       "Make the service, without tasks", example + "create");
  add_registering(v, o);
  add_services(v, o);
  add_discovery(v, o);
  choice(v, "--scheduling-strategy", o.service.strategy, {"REPLICA", "DAEMON"},
         "How many tasks: as many as wanted, or one a machine");
  v->add_flag("--disable-ecs-managed-tags", o.no_managed_tags, "No tags from ECS on tasks");
  v = add_action(*service, slots, o, "start", "service start", "Run one task in the service",
                 example + "start");
  add_timeout(v, o);
  v->add_flag("--force-deployment", o.service.force, "Replace its tasks all the same");
  v = add_action(*service, slots, o, "up", "service up",
                 "Make the service or change it, and wait until it is steady", example + "up");
  add_registering(v, o);
  add_services(v, o);
  add_discovery(v, o);
  add_timeout(v, o);
  choice(v, "--scheduling-strategy", o.service.strategy, {"REPLICA", "DAEMON"},
         "How many tasks: as many as wanted, or one a machine");
  v->add_flag("--force-deployment", o.service.force, "Replace its tasks all the same");
  v->add_flag("--disable-ecs-managed-tags", o.no_managed_tags, "No tags from ECS on tasks");
  v->add_flag("--update-service-discovery", o.service.discovery, "Taken for ecs-cli's sake");
  v = add_action(*service, slots, o, "ps", "service ps", "List the service's containers",
                 example + "ps");
  v->alias("list");
  choice(v, "--desired-status", o.desired_status, {"RUNNING", "STOPPED"}, "Only such tasks");
  v = add_action(*service, slots, o, "scale", "service scale", "Keep N tasks", example + "scale 2");
  v->add_option("N", o.count, "How many")->required()->type_name("")->check(within(0, 1000));
  add_timeout(v, o);
  number(v, "--deployment-max-percent", o.service.most_percent, "N", "As for create");
  number(v, "--deployment-min-healthy-percent", o.service.least_percent, "N", "As for create");
  v = add_action(*service, slots, o, "stop", "service stop", "Stop the service's tasks",
                 example + "stop");
  add_timeout(v, o);
  v = add_action(*service, slots, o, "rm", "service rm", "Stop its tasks and delete the service",
                 example + "rm");
  v->alias("delete");
  v->alias("down");
  add_timeout(v, o);
  v->add_flag("--delete-namespace", o.service.discovery, "Taken for ecs-cli's sake");
}

}  // namespace

void add_local(CLI::App& app, Slots& slots, const std::string& program) {
  auto& o = slots.local;
  const std::string example = program + " local ";
  CLI::App* local = add_group(
      app, "local", "Run a task definition here, with the habits of ecs-cli", example + "up");
  add_accounts(local, o.ecs_profile, o.aws_profile, o.region);
  const char* output = "Where to write the Compose file (docker-compose.ecs-local.yml)";

  auto* v = add_action(*local, slots, o, "create", "create",
                       "Write a task definition as Compose files", example + "create --force");
  add_definition(v, o);
  text(v, "-o,--output", o.output, "FILE", output);
  v->add_flag("--force", o.force, "Overwrite without asking");
  v->add_flag("--use-role", o.use_role,
              "Name the task role in the files, instead of temporary keys");

  v = add_action(*local, slots, o, "up", "up",
                 "Write the Compose files and run the task in the background", example + "up");
  add_definition(v, o);
  text(v, "-c,--task-def-compose", o.compose, "FILE", "Run this Compose file instead");
  text(v, "-o,--output", o.output, "FILE", output);
  v->add_option("--override", o.overrides, "A Compose file that lies over it (repeatable)")
      ->type_name("FILE")
      ->allow_extra_args(false);
  v->add_flag("--force", o.force, "Overwrite without asking");

  v = add_action(*local, slots, o, "ps", "ps",
                 "List the containers that were started from this folder", example + "ps --all");
  add_definition(v, o);
  v->add_flag("--all", o.all, "Those of every folder and definition");

  v = add_action(*local, slots, o, "down", "down",
                 "Stop and remove what was started from this folder", example + "down");
  add_definition(v, o);
  v->add_flag("--all", o.all, "What was started from every folder and definition");
}

void add_compose(CLI::App& app, Slots& slots, const std::string& program) {
  auto& o = slots.compose;
  const std::string example = program + " compose ";
  CLI::App* compose = add_group(app, "compose",
                                "Run Compose files as tasks and services of a cluster, with the "
                                "habits of ecs-cli",
                                example + "-f docker-compose.yml up");
  compose
      ->add_option("-f,--file", o.source.files,
                   "A Compose file (docker-compose.yml, then docker-compose.override.yml; "
                   "COMPOSE_FILE); repeatable")
      ->type_name("FILE")
      ->allow_extra_args(false);
  text(compose, "-p,--project-name", o.source.project, "NAME",
       "The family and the service's name (COMPOSE_PROJECT_NAME, or the folder's name)");
  text(compose, "--ecs-params", o.source.ecs_params, "FILE",
       "What a Compose file cannot say (ecs-params.yml, when there is one)");
  text(compose, "--registry-creds", o.source.registry_credentials, "FILE",
       "Credentials of registries, as `ecs-cli registry-creds up` wrote them");
  text(compose, "--task-role-arn", o.source.task_role, "ARN", "The task role");
  text(compose, "-c,--cluster", o.cluster, "NAME", "The cluster, made if absent (default)");
  text(compose, "--cluster-config", o.cluster_config, "NAME", "Taken for ecs-cli's sake");
  add_accounts(compose, o.ecs_profile, o.aws_profile, o.region);

  auto* v = add_action(*compose, slots, o, "create", "create", "Register the task definition",
                       example + "create");
  add_registering(v, o);
  v = add_action(*compose, slots, o, "up", "up",
                 "Register the task definition if it has changed, and run one task",
                 example + "up");
  add_registering(v, o);
  v->add_flag("-u,--force-update", o.force_update, "Replace tasks that run, changed or not");
  v->add_flag("--disable-ecs-managed-tags", o.no_managed_tags, "No tags from ECS on the task");
  add_action(*compose, slots, o, "start", "start", "Run one task of what is registered",
             example + "start");
  v = add_action(*compose, slots, o, "stop", "stop", "Stop the project's tasks", example + "stop");
  v->alias("down");
  v = add_action(*compose, slots, o, "run", "run",
                 "Run one more task, with other commands in its containers",
                 example + "run web \"sh -c 'echo hello'\"");
  v->add_option("CONTAINER_CMD", o.commands, "CONTAINER \"COMMAND\", as often as need be")
      ->type_name("");
  v = add_action(*compose, slots, o, "scale", "scale", "Have N tasks run", example + "scale 2");
  v->add_option("N", o.count, "How many")->required()->type_name("")->check(within(0, 1000));
  v = add_action(*compose, slots, o, "ps", "ps", "List the project's containers", example + "ps");
  v->alias("list");
  choice(v, "--desired-status", o.desired_status, {"RUNNING", "STOPPED"}, "Only such tasks");
  add_compose_service(*compose, slots, o, program);
}

void add_ecs_ps_and_logs(CLI::App& app, Slots& slots) {
  auto& p = slots.ecs_ps;
  auto* v = add_verb(app, slots, p, "ps", "List the containers of a cluster", "ecs-cli ps");
  text(v, "-c,--cluster", p.cluster, "NAME", "The cluster (default)");
  choice(v, "--desired-status", p.desired_status, {"RUNNING", "STOPPED"}, "Only such tasks");

  auto& l = slots.ecs_logs;
  v = add_verb(app, slots, l, "logs", "Print what the containers of a task wrote",
               "ecs-cli logs --task-id 0123456789abcdef --follow");
  text(v, "--task-id", l.task, "ID", "The task")->required();
  text(v, "--task-def", l.definition, "NAME", "Taken for ecs-cli's sake");
  text(v, "--container-name", l.container, "NAME", "Only this container");
  text(v, "-c,--cluster", l.cluster, "NAME", "The cluster (default)");
  auto* follow = v->add_flag("--follow", l.follow, "Go on until the task has stopped");
  text(v, "--filter-pattern", l.filter, "TEXT", "Only events that CloudWatch's pattern finds");
  auto* since = v->add_option("--since", l.since_minutes, "From so many minutes ago on")
                    ->type_name("MINUTES");
  auto* start = text(v, "--start-time", l.start, "TIME", "From here on (RFC3339)");
  auto* end = text(v, "--end-time", l.end, "TIME", "Up to here (RFC3339)");
  v->add_flag("-t,--timestamps", l.timestamps, "Begin each line with its time");
  since->excludes(start);
  follow->excludes(end);
}

}  // namespace drydock::cli
