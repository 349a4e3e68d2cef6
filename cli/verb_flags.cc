#include "cli/verb_flags.h"

#include <CLI/CLI.hpp>

#include "cli/flag_kinds_internal.h"
#include "cli/values.h"
#include "taskdef/fargate_sizes.h"

// The whole command line in one place: each verb, its operands and flags.
namespace drydock::cli {
namespace {

void add_run(CLI::App& app, Slots& slots) {
  auto& o = slots.run;
  auto* v = add_verb(app, slots, o, "run",
                     "Run a task in the foreground: its addresses, its logs, its exit code",
                     "drydock run task-definition.json -p 8080:80 --env web:MODE=test");
  auto* file =
      v->add_option(
           "TASKDEF,-f,--task-def-file", o.file,
           "The task definition, - for stdin; without one task-definition.json, taskdef.json or "
           ".aws/task-definition.json. Also a CloudFormation template, a cdk.out folder, or what "
           "terraform show -json prints")
          ->type_name("FILE");
  auto* remote = text(v, "-t,--task-def-remote", o.remote, "NAME",
                      "A definition registered here: family or family:revision");
  remote->excludes(file);
  v->add_option("-c,--compose", o.compose.files,
                "A Compose file instead of a task definition; another -c lies over the one before")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->excludes(file)
      ->excludes(remote);
  text(v, "--ecs-params", o.compose.ecs_params, "FILE",
       "What a Compose file cannot say (ecs-params.yml, when there is one)");
  v->add_flag("-d,--detach", o.detach, "Print the task's ID alone and return");
  text(v, "--cluster", o.cluster, "NAME", "The cluster, made if absent");
  formed(v, "--env", parse_environment, append_to(o.environment), "[CTR:]K=V",
         "Set a variable, in every container or in one");
  formed(v, "--env-file", parse_env_file_flag, append_to(o.env_files), "[OBJECT=]FILE",
         "A file for an S3 object of environmentFiles: for OBJECT, else for the one that is called "
         "so, else for the only one; where the definition names none, for every container");
  formed(v, "--command", parse_command, append_to(o.commands), "CTR=WORDS",
         "Replace a container's command: words or a JSON list");
  formed(v, "--image", parse_image, append_to(o.images), "CTR=REF",
         "Run another image in a container");
  size(v, "--cpu", o.cpu, taskdef::parse_cpu, "UNITS", "The task's CPU: 256, or \".25 vCPU\"");
  size(v, "--memory", o.memory, taskdef::parse_memory, "MIB",
       "The task's memory: 512, or \"0.5 GB\"");
  formed(
      v, "--ephemeral-storage", parse_storage, [&o](std::int64_t mib) { o.storage_mib = mib; },
      "SIZE", "The task's ephemeral storage, also smaller than AWS's 21 GiB: 30GiB, or 64MiB");
  formed(v, "--volume-size", parse_volume_size, append_to(o.volume_sizes), "VOLUME=GIB",
         "The size of the EBS volume that is configuredAtLaunch");
  text(v, "--overrides", o.overrides_file, "FILE",
       "RunTask overrides as JSON; the flags above come on top");
  auto* publish =
      formed(v, "-p,--publish", parse_publish, append_to(o.publish), "[CTR:][ADDRESS:]HOST:PORT",
             "Publish a container's port on this machine: on 127.0.0.1, or at that IPv4 "
             "address (0.0.0.0: every one); HOST 0 takes a free port; PORT/udp for UDP");
  v->add_flag("--no-publish", o.no_publish, "Publish no port")->excludes(publish);
  v->add_option("--subnet", o.subnets, "The subnet the task is to be in (repeatable)")
      ->type_name("ID")
      ->allow_extra_args(false);
  v->add_option("--security-group", o.security_groups, "A security group of the task (repeatable)")
      ->type_name("ID")
      ->allow_extra_args(false);
  choice(v, "--pull", o.pull, {"always", "missing", "never"},
         "When to ask a registry for images (as configured: missing)");
  text(v, "--creds", o.credentials, "MODE",
       "Credentials of the task role: fake, profile, assume or none; profile:NAME names an AWS "
       "profile (as configured: fake)");
  choice(v, "--firelens", o.firelens, {"image", "builtin"},
         "Who routes logs: the router's image, or the router that is built in (as configured: "
         "image)");
  v->add_flag("--firelens-local", o.firelens_local,
              "What the log router sends to AWS (CloudWatch Logs) comes to the local endpoint "
              "instead, by TLS and DNS; what cannot is said");
  text(v, "--secrets", o.secrets_file, "FILE",
       "Values for what the definition calls secrets, after the local stores: JSON, or lines "
       "NAME=VALUE; by ARN, by name, or by variable; - for stdin");
  v->add_option("--count", o.count, "How many tasks to run")
      ->type_name("N")
      ->check([](const std::string& n) {
        return n.size() <= 2 && n.find_first_not_of("0123456789") == std::string::npos &&
                       std::atoi(n.c_str()) >= 1 && std::atoi(n.c_str()) <= 10
                   ? std::string()
                   : "\"" + n + "\" must be a number from 1 to 10";
      });
  duration(v, "--timeout", o.timeout, "Stop the task after this time and exit with 124");
  v->add_flag("--rm", o.remove, "Forget the task when it has stopped");
  v->add_flag("--strict", o.strict,
              "Refuse a definition with a field that is unsupported or approximated here");
  text(v, "--name", o.group, "GROUP", "The task's group");
  add_from_file(v, o.from);
}

std::string is_time(const std::string& given) {
  return parse_duration(given) || parse_rfc3339(given)
             ? std::string()
             : "\"" + given +
                   "\" must be a time like 2026-03-01T08:15:00Z, or how long ago, like 10m";
}

void add_events(CLI::App& app, Slots& slots) {
  auto& o = slots.events;
  auto* v = add_verb(app, slots, o, "events",
                     "Print what happened to tasks and services, as EventBridge has it: one event "
                     "in JSON a line, oldest first",
                     "drydock events --follow --since 10m");
  v->add_flag("-f,--follow", o.follow, "Go on with what happens from now on");
  text(v, "--since", o.since, "TIME", "From here on: RFC3339, or how long ago, like 10m (all)")
      ->check(is_time);
  text(v, "--cluster", o.cluster, "NAME", "Only this cluster's");
}

void add_watching(CLI::App& app, Slots& slots) {
  auto* v = add_verb(app, slots, slots.ps, "ps", "List containers, one row each",
                     "drydock ps --all --family web");
  v->add_flag("-a,--all", slots.ps.all, "Stopped ones too");
  text(v, "--cluster", slots.ps.cluster, "NAME", "Only this cluster's");
  text(v, "--service", slots.ps.service, "NAME", "Only this service's");
  text(v, "--family", slots.ps.family, "NAME", "Only this family's");
  v->add_flag("--wide", slots.ps.wide, "Do not shorten IDs and images");
  v->add_flag("--watch", slots.ps.watch, "Redraw when something changes");

  auto& l = slots.logs;
  v = add_verb(app, slots, l, "logs", "Print what a task's containers wrote",
               "drydock logs web --follow --tail 20");
  v->add_option("TASK", l.task, "The task: an ID or the start of one, a family, a service")
      ->required()
      ->type_name("");
  v->add_option("CONTAINER", l.containers, "Only these containers")->type_name("");
  v->add_flag("-f,--follow", l.follow, "Go on until the task has stopped");
  text(v, "--since", l.since, "TIME", "From here on: RFC3339, or how long ago, like 10m")
      ->check(is_time);
  text(v, "--until", l.until, "TIME", "Up to here")->check(is_time);
  v->add_option("-n,--tail", l.tail, "Only the last N lines of each container")
      ->type_name("N")
      ->check([](const std::string& n) {
        const bool number =
            !n.empty() && n.size() < 10 && n.find_first_not_of("0123456789") == std::string::npos;
        return number ? "" : "\"" + n + "\" must be a whole number, 0 or more";
      });
  v->add_flag("--timestamps", l.timestamps, "Begin each line with its time");
  v->add_flag("--no-prefix", l.no_prefix, "Do not begin each line with its container's name");
  v->add_flag("--stdout", l.only_stdout, "Only standard output");
  v->add_flag("--stderr", l.only_stderr, "Only standard error");

  auto& w = slots.wait;
  v = add_verb(app, slots, w, "wait", "Wait until a task has reached a state",
               "drydock wait web --for healthy --timeout 30s");
  v->add_option("TASK", w.task, "The task")->required()->type_name("");
  choice(v, "--for", w.state, {"running", "healthy", "stopped"},
         "The state (stopped: exits with the task's code)");
  duration(v, "--timeout", w.timeout, "Give up after this time and exit with 124");
}

void add_exec(CLI::App& app, Slots& slots) {
  auto& o = slots.exec;
  auto* v =
      add_verb(app, slots, o, "exec",
               "Run one more process in a running container and exit with its code (128 and the "
               "signal's number when one ended it; 127: there is no such command, 126: it could "
               "not be started, 125: Drydock failed)",
               "drydock exec web -c app -- sh -c 'ps; env'");
  v->add_option("TASK", o.task, "The task: an ID or the start of one, a family, a service")
      ->required()
      ->type_name("");
  operands(v, "CMD", o.command, "The command and its arguments, after --");
  text(v, "-c,--container", o.container, "NAME", "The container, when the task has several");
  v->add_flag("-i,--interactive", o.input,
              "Pass standard input on (implied when it and standard output are a terminal)");
  v->add_flag("-t,--tty", o.terminal, "Give it a terminal (implied in the same way)");
  text(v, "-u,--user", o.user, "USER[:GROUP]", "Another user than the container's");
  text(v, "-w,--workdir", o.working_directory, "DIR", "Another folder than the container's");
  v->add_option("-e,--env", o.environment, "Set an environment variable (repeatable)")
      ->check([](const std::string& given) {
        const bool fits = given.find('=') != std::string::npos && !given.starts_with('=');
        return fits ? std::string() : "\"" + given + "\" does not have the form NAME=VALUE";
      })
      ->type_name("K=V")
      ->allow_extra_args(false);
}

void add_tasks(CLI::App& app, Slots& slots) {
  auto* v =
      add_verb(app, slots, slots.stop, "stop", "Stop tasks in reverse order of their dependencies",
               "drydock stop web --reason \"new build\"");
  operands(v, "TASK", slots.stop.tasks, "The tasks");
  text(v, "--reason", slots.stop.reason, "TEXT", "Becomes the stopped reason");
  v->add_flag("--now", slots.stop.now, "Kill without waiting for stop timeouts");

  v = add_verb(app, slots, slots.spot_interrupt, "spot-interrupt",
               "Stop tasks of FARGATE_SPOT as AWS does when it takes their capacity back",
               "drydock spot-interrupt worker");
  operands(v, "TASK", slots.spot_interrupt.tasks, "The tasks");

  v = add_verb(app, slots, slots.describe, "describe", "Show a task as DescribeTasks does",
               "drydock describe web --local");
  v->alias("inspect");
  v->add_option("TASK", slots.describe.task, "The task")->required()->type_name("");
  v->add_flag("--local", slots.describe.local,
              "Also what only exists here: namespace, bundle, cgroups, pids, environment, and the "
              "configuration generated for a log router");

  v->add_flag("--show-secrets", slots.describe.show_secrets,
              "With --local, do not mask the values of secrets");

  v = add_verb(app, slots, slots.rm, "rm", "Forget stopped tasks and their logs",
               "drydock rm 3f2a");
  operands(v, "TASK", slots.rm.tasks, "The tasks");

  v = add_verb(app, slots, slots.prune, "prune",
               "Forget stopped tasks and remove images without a name that no task uses",
               "drydock prune --images --dry-run");
  v->add_flag("--images", slots.prune.images, "Also named images that no task uses");
  v->add_flag("--volumes", slots.prune.volumes,
              "Also Docker and EBS volumes that no task uses, with their data; never EFS");
  v->add_flag("--dry-run", slots.prune.dry_run, "Only print what would go");

  v = add_verb(app, slots, slots.validate, "validate",
               "Check task definitions: all that AWS would refuse, what would differ here, and "
               "what was probably not meant; needs no daemon (docs/validate.md has --json's form)",
               "drydock validate --strict task-definition.json");
  operands(v, "FILE", slots.validate.files,
           "The task definitions, or Compose files with their ecs-params.yml; - for stdin");
  v->add_flag("--fargate", slots.validate.fargate, "Judge as FARGATE, whatever the file says");
  v->add_flag("--strict", slots.validate.strict,
              "What would differ here is an error, too (exit 1)");
  add_from_file(v, slots.validate.from);

  v = add_verb(app, slots, slots.registration, "register",
               "Register task definitions and print family:revision",
               "drydock register task-definition.json");
  operands(v, "FILE", slots.registration.files,
           "The task definitions, or Compose files with their ecs-params.yml; - for stdin");
  add_from_file(v, slots.registration.from);
}

// A flag of drydockd that `daemon start` passes on.
void pass(CLI::App* v, DaemonStartOptions& o, const std::string& flag, const char* value,
          const char* help) {
  v->add_option_function<std::vector<std::string>>(
       flag,
       [&o, flag](const std::vector<std::string>& values) {
         for (const auto& given : values) {
           o.arguments.insert(o.arguments.end(), {flag, given});
           if (flag == "--run") o.run = given;
           if (flag == "--config") o.config = given;
         }
       },
       help)
      ->type_name(value)
      ->allow_extra_args(false);
}

void add_daemon(CLI::App& app, Slots& slots) {
  CLI::App* daemon = app.add_subcommand("daemon", "Start, stop, look at or empty the daemon");
  daemon->footer("drydock daemon start --listen 127.0.0.1:4600")
      ->fallthrough()
      ->require_subcommand(1);

  auto& o = slots.daemon_start;
  auto* v = add_verb(*daemon, slots, o, "start", "Start the daemon and return when it answers",
                     "drydock daemon start --root /srv/dock --run /run/dock");
  pass(v, o, "--root", "DIR", "State that outlives a reboot (/var/lib/drydock)");
  pass(v, o, "--run", "DIR", "State of this boot (/run/drydock)");
  pass(v, o, "--listen", "ADDR", "The TCP endpoint (127.0.0.1:4590)");
  pass(v, o, "--subnet", "CIDR", "The tasks' network");
  pass(v, o, "--allow-uid", "N", "A user who may use it, beside root and the group");
  pass(v, o, "--ready-file", "F", "A file the daemon writes when it answers");
  pass(v, o, "--runtime", "runc|crun|PATH", "The OCI runtime");
  pass(v, o, "--config", "FILE", "Its configuration (/etc/drydock/drydock.json)");
  v->add_flag_callback(
      "--ephemeral", [&o] { o.arguments.emplace_back("--ephemeral"); },
      "Stop and remove everything when it ends");
  v->add_flag_callback(
      "--dry",
      [&o] {
        o.arguments.emplace_back("--dry");
        o.dry = true;
      },
      "Without containers: tasks live in memory; needs no root");
  v->add_flag("--dry-run", o.dry_run, "Only print what would be done");

  v = add_verb(*daemon, slots, slots.daemon_stop, "stop", "Stop the daemon; tasks run on",
               "drydock daemon stop --stop-tasks");
  v->add_flag("--stop-tasks", slots.daemon_stop.stop_tasks, "Stop every task first");
  v->add_flag("--dry-run", slots.daemon_stop.dry_run, "Only print what would be done");
  add_verb(*daemon, slots, slots.daemon_status, "status",
           "Show the daemon that answers; exit 1 when none does", "drydock daemon status --json");
  v = add_verb(*daemon, slots, slots.daemon_reset, "reset",
               "Stop every task and forget all state but images", "drydock daemon reset --dry-run");
  v->add_flag("--dry-run", slots.daemon_reset.dry_run, "Only print what would be done");
}

void add_rest(CLI::App& app, Slots& slots) {
  auto* v =
      add_verb(app, slots, slots.env, "env",
               "Print what points AWS clients in a shell at the daemon", "eval \"$(drydock env)\"");
  choice(v, "--shell", slots.env.shell, {"bash", "fish"}, "The shell (bash)");
  v = add_verb(app, slots, slots.doctor, "doctor",
               "Check this machine: what is missing, what is lost, how to fix it",
               "drydock doctor");
  text(v, "--root", slots.doctor.root, "DIR",
       "The daemon's state folder (that of the daemon that answers, or /var/lib/drydock)");
  text(v, "--listen", slots.doctor.listen, "ADDR",
       "The daemon's TCP endpoint (that of the daemon that answers, or 127.0.0.1:4590)");
  text(v, "--runtime", slots.doctor.runtime, "runc|crun|PATH",
       "The OCI runtime (that of the daemon that answers, or runc)");
  add_verb(app, slots, slots.version, "version",
           "Print the version of this program and of the daemon", "drydock version --json");
  v = add_verb(app, slots, slots.docs, "__docs", "", "");
  v->group("");
  v->add_option("KIND", slots.docs.kind)->required();
  v = add_verb(app, slots, slots.complete, "__complete", "", "");
  v->group("");
  v->add_option("KIND", slots.complete.kind)->required();
}

void add_common(CLI::App& app, Slots& slots) {
  app.require_subcommand(1);
  text(&app, "--host", slots.common.host, "ADDR",
       "The daemon: unix:///PATH or http://127.0.0.1:PORT (DRYDOCK_HOST)");
  app.add_flag("--json", slots.common.json, "JSON instead of a table");
  app.add_flag("-q,--quiet", slots.common.quiet, "No notes; IDs alone where a table is printed");
  app.add_flag("-v,--verbose", slots.common.verbose, "Say more on stderr");
  app.add_flag_callback("--version", [&slots] { slots.verb = slots.version; });
  app.get_option("--version")->group("");
}

}  // namespace

void build(CLI::App& app, Slots& slots) {
  add_common(app, slots);
  add_run(app, slots);
  add_watching(app, slots);
  add_events(app, slots);
  add_exec(app, slots);
  add_measures(app, slots);
  add_tasks(app, slots);
  add_up(app, slots);
  add_services(app, slots);
  add_images(app, slots);
  add_volumes(app, slots);
  add_secrets(app, slots);
  add_params(app, slots);
  add_rest(app, slots);
  add_daemon(app, slots);
  add_local(app, slots, "drydock");
  add_compose(app, slots, "drydock");
}

void build_ecs_cli(CLI::App& app, Slots& slots) {
  add_common(app, slots);
  add_local(app, slots, "ecs-cli");
  add_compose(app, slots, "ecs-cli");
  add_ecs_ps_and_logs(app, slots);
}

}  // namespace drydock::cli
