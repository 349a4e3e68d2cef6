#include "daemon/config_keys.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "daemon/config_values.h"

namespace drydock::daemon {
namespace {

constexpr std::int64_t kMaxBytes = std::int64_t{1} << 50;

auto wrong(const Key& key, const std::string& what) {
  return fail(Errc::kInvalid, "is " + what + "; it must be " + form_text(key));
}

Status set_text(Config& config, const Key& key, const std::string& text) {
  if (!fits(key.form, text)) return wrong(key, "\"" + text + "\"");
  config.*std::get<std::string Config::*>(key.member) = text;
  return {};
}

Status set_number(Config& config, const Key& key, std::int64_t n) {
  if (n < key.min || n > key.max) return wrong(key, std::to_string(n));
  config.*std::get<std::int64_t Config::*>(key.member) = n;
  return {};
}

Status set_duration(Config& config, const Key& key, const std::string& text) {
  const auto d = parse_duration(text);
  if (!d) return wrong(key, "\"" + text + "\"");
  config.*std::get<Duration Config::*>(key.member) = *d;
  return {};
}

bool is_uid(std::int64_t n) { return n >= 0 && n < std::numeric_limits<uid_t>::max(); }

Status set_uids(Config& config, const Key& key, const Json& value) {
  std::vector<uid_t> uids;
  if (!value.is_array()) return wrong(key, dump_json(value));
  for (const auto& item : value) {
    if (!item.is_number_integer() || !is_uid(item.get<std::int64_t>()))
      return wrong(key, dump_json(value));
    uids.push_back(static_cast<uid_t>(item.get<std::int64_t>()));
  }
  config.*std::get<std::vector<uid_t> Config::*>(key.member) = std::move(uids);
  return {};
}

}  // namespace

const std::vector<Key>& key_table() {
  static const std::vector<Key> keys = {
      {"root", Form::kFolder, &Config::root,
       "State that outlives a reboot: the store, images, volumes, logs. Two daemons with different "
       "folders run side by side.",
       "--root", "DIR"},
      {"run", Form::kFolder, &Config::run,
       "State of this boot: sockets, namespaces, bundles, exit records.", "--run", "DIR"},
      {"listen", Form::kListen, &Config::listen,
       "Where the ECS API is served over TCP, beside the unix socket; port 0 takes any free one. "
       "`none` serves the unix "
       "socket only.",
       "--listen", "ADDR"},
      {"subnet", Form::kSubnet, &Config::subnet,
       "The tasks' network. Empty takes the first of 172.31.0.0/16, 10.213.0.0/16 and "
       "192.168.212.0/22 that no route of "
       "the host overlaps.",
       "--subnet", "CIDR"},
      {"region", Form::kRegion, &Config::region,
       "The region in ARNs when a request does not name one. `AWS_REGION` and `AWS_DEFAULT_REGION` "
       "come before it."},
      {"account", Form::kAccount, &Config::account, "The account in ARNs."},
      {"runtime", Form::kProgram, &Config::runtime,
       "The OCI runtime: runc, crun, or the path of one with the same command line.", "--runtime",
       "runc|crun|PATH"},
      {"group", Form::kText, &Config::group,
       "Members of this group may use the daemon, which makes them root on this machine."},
      {"allow_uids", Form::kUids, &Config::allow_uids,
       "User ids that may use the daemon beside root, the group and whoever started it.",
       "--allow-uid", "N"},
      {"pool_size",
       Form::kNumber,
       &Config::pool_size,
       "How many network namespaces are kept ready for the next tasks.",
       {},
       {},
       0,
       64},
      {"mtu",
       Form::kNumber,
       &Config::mtu,
       "The MTU of the tasks' interfaces, in bytes. 9001 is that of a VPC; connections that leave "
       "this machine are told the MTU of their way out. 0 stands for that of the default route, at "
       "most 1500.",
       {},
       {},
       0,
       65535},
      {"default_cluster", Form::kSwitch, &Config::default_cluster,
       "Makes the cluster `default` when the daemon starts. AWS does not: there RunTask without a "
       "cluster fails until it is made."},
      {"health.early", Form::kSwitch, &Config::health_early,
       "Also probes a container's health during the first interval, counting successes only, so "
       "that a dependency that is "
       "healthy at once does not cost a whole interval. False keeps the exact timing."},
      {"health.concurrency",
       Form::kNumber,
       &Config::health_concurrency,
       "How many health commands run at once; 0 stands for twice the number of processors.",
       {},
       {},
       0,
       1024},
      {"images.pull", Form::kPullPolicy, &Config::images_pull,
       "When a registry is asked for a task's image, unless the run says otherwise: always, when "
       "the store lacks it, or never."},
      {"images.offline", Form::kSwitch, &Config::images_offline,
       "No registry is ever asked: an image is in the store (or in a local engine) or it is "
       "missing."},
      {"images.engine", Form::kSwitch, &Config::images_engine,
       "An image that the store lacks is looked for in a running Docker or Podman before its "
       "registry is asked."},
      {"images.insecure_registries", Form::kRegistries, &Config::images_insecure_registries,
       "Registries that may be asked by plain HTTP; loopback addresses always may."},
      {"images.mirrors", Form::kMirrors, &Config::images_mirrors,
       "Addresses that are asked before a registry, in order; the registry itself comes last."},
      {"images.aliases", Form::kAliases, &Config::images_aliases,
       "What an image name stands for on this machine: a whole name, a name with any tag, or the "
       "start of names, which ends in a slash."},
      {"images.logins", Form::kOptionalFile, &Config::images_logins,
       "Another file like `secrets.file`, for the logins of `repositoryCredentials`: `{\"<ARN or "
       "name>\": {\"username\": \"...\", \"password\": \"...\"}}`. Empty: none."},
      {"images.layers_at_once",
       Form::kNumber,
       &Config::images_layers_at_once,
       "How many layers of one image are downloaded and unpacked at once.",
       {},
       {},
       1,
       16},
      {"logs.firelens", Form::kRouter, &Config::logs_firelens,
       "Who routes the logs of tasks with a FireLens router, unless the run says otherwise: the "
       "router's image, or the router that is built in."},
      {"logs.firelens_local", Form::kSwitch, &Config::logs_firelens_local,
       "What log routers send to AWS (CloudWatch Logs) comes to this endpoint instead, by TLS and "
       "DNS, as with `drydock run --firelens-local`."},
      {"logs.forward", Form::kForward, &Config::logs_forward,
       "Where the lines of containers with the driver awslogs go besides: `aws` for CloudWatch "
       "Logs in the log's region, or the address of an endpoint. Empty: nowhere."},
      {"logs.forward_profile", Form::kText, &Config::logs_forward_profile,
       "The AWS profile whose keys sign what is forwarded: one of the user who started the daemon "
       "(with sudo), else of root."},
      {"logs.segment_bytes",
       Form::kNumber,
       &Config::logs_segment_bytes,
       "A journal is cut into files of this size.",
       {},
       {},
       65536,
       kMaxBytes},
      {"logs.journal_bytes",
       Form::kNumber,
       &Config::logs_journal_bytes,
       "The most that is kept of one container's log, and of one log stream of PutLogEvents; the "
       "oldest "
       "files go first.",
       {},
       {},
       131072,
       kMaxBytes},
      {"logs.create_groups", Form::kSwitch, &Config::logs_create_groups,
       "A task's awslogs group that does not exist is made. False is as on AWS: only "
       "`awslogs-create-group` makes it, and a task whose group is missing fails to start. "
       "`drydock "
       "run --strict` means false for its task."},
      {"logs.keep", Form::kDuration, &Config::logs_keep,
       "How long a stopped task's log streams are kept after their last event, when their group "
       "has "
       "no retention policy."},
      {"tasks.keep_stopped", Form::kDuration, &Config::tasks_keep_stopped,
       "How long a stopped task can still be described."},
      {"events.keep",
       Form::kNumber,
       &Config::events_keep,
       "How many events `drydock events` has at most (and 16 MiB of them). What delivers events "
       "misses those that are dropped before it got to them; the daemon's log says how many.",
       {},
       {},
       100,
       1000000},
      {"events.file", Form::kOptionalFile, &Config::events_file,
       "A file to which each event is appended, in the form of EventBridge, a line of JSON each. "
       "Empty: none."},
      {"events.webhook", Form::kWebhook, &Config::events_webhook,
       "An address to which each event is sent with POST, one after the other; again, with growing "
       "pauses, until it answers 2xx (or says for good that it does not want this one: 4xx). Each "
       "comes at least once, with the same `id` if more often. Empty: none."},
      {"events.socket", Form::kOptionalFile, &Config::events_socket,
       "A unix socket whose readers get each event from then on as a line of JSON. Empty: none."},
      {"services.healthy_after", Form::kDuration, &Config::services_healthy_after,
       "How long a service's task without health checks must run before it counts as healthy. On "
       "AWS it is about 40 seconds."},
      {"services.longest_delay", Form::kDuration, &Config::services_longest_delay,
       "Tasks of a service that fail to start are tried again after 1, 2, 4 seconds and so on, up "
       "to this; at least 1s. On AWS it is 15 minutes."},
      {"services.target_groups", Form::kTargetGroups, &Config::services_target_groups,
       "Where load balancers' target groups are reached on this machine, by name or ARN: a port of "
       "127.0.0.1, and the path that tells whether a target is well (a status from 200 to 399). "
       "One that is not named gets the port that its container's would be published at, and is "
       "well when it takes a connection."},
      {"services.unhealthy_after", Form::kDuration, &Config::services_unhealthy_after,
       "How long a target that was never healthy may fail its checks before it counts as unhealthy "
       "and its task is replaced (on AWS two checks, 30 seconds apart, unless configured)."},
      {"services.drain", Form::kDuration, &Config::services_drain,
       "How long a service's task that leaves its load balancers may go on with the connections it "
       "has before it is stopped (deregistration delay; 300 seconds on AWS)."},
      {"instances.virtual", Form::kClusters, &Config::instances_virtual,
       "The clusters of which this machine is a container instance, `*` for all: its tasks of "
       "launch type EC2 are on it, take from its CPU units, memory and ports, and are not placed "
       "when these are used up. Such an instance can be drained and has attributes; StartTask "
       "names it. In other clusters such tasks run without an instance."},
      {"metadata.rate_limit",
       Form::kNumber,
       &Config::metadata_rate_limit,
       "Requests a second that a task's metadata endpoint answers for each path.",
       {},
       {},
       1,
       1000000},
      {"metadata.burst",
       Form::kNumber,
       &Config::metadata_burst,
       "Requests that may come at once before that limit counts.",
       {},
       {},
       1,
       1000000},
      {"metadata.container_file", Form::kSwitch, &Config::metadata_container_file,
       "Tasks of launch type EC2 get the container metadata file (ECS_CONTAINER_METADATA_FILE), as "
       "with ECS_ENABLE_CONTAINER_METADATA on an instance."},
      {"credentials.mode", Form::kCredentials, &Config::credentials_mode,
       "What a task with a task role gets: `fake` (keys that mean something to the local endpoint "
       "only), `profile` (those of an AWS profile of the user who runs the task; `profile:NAME` "
       "names it), `assume` (those of the role itself, which STS gives to that profile) or "
       "`none`."},
      {"credentials.roles", Form::kRoles, &Config::credentials_roles,
       "The same for single task roles, by ARN or name."},
      {"credentials.sso_endpoint", Form::kAddress, &Config::credentials_sso_endpoint,
       "The portal that gives the keys of an SSO login, like "
       "https://portal.sso.eu-west-1.amazonaws.com. Empty: AWS's in the login's region."},
      {"credentials.sts_endpoint", Form::kAddress, &Config::credentials_sts_endpoint,
       "The STS that roles are assumed at, like https://sts.eu-west-1.amazonaws.com. Empty: AWS's "
       "in the profile's region."},
      {"secrets.file", Form::kOptionalFile, &Config::secrets_file,
       "Values for what tasks name as secrets, after the local Secrets Manager and Parameter Store "
       "and the file of `drydock run --secrets`: a JSON object or lines NAME=VALUE, by ARN, by the "
       "secret's or parameter's name, or by the variable it is for. Empty: none."},
      {"secrets.endpoint", Form::kAddress, &Config::secrets_endpoint,
       "Another Secrets Manager and Parameter Store that is asked for what is not here, like "
       "http://127.0.0.1:4566; it is called with made-up keys. Empty: none."},
      {"secrets.aws", Form::kAwsSource, &Config::secrets_aws,
       "Whether AWS is asked for secrets at last: `profile` does it with the keys of the AWS "
       "profile "
       "of the user who runs the task (`profile:NAME` names it), `none` never does."},
      {"network.subnets", Form::kSubnets, &Config::network_subnets,
       "What a subnet id in RunTask stands for: a part of `subnet`, whose addresses, prefix and "
       "gateway the task then gets. A task that names another is put into the rest."},
      {"network.security_groups", Form::kGroups, &Config::network_security_groups,
       "What tasks of a security group may send (`egress`, everything when absent) and receive "
       "(`ingress`, nothing when absent), as in a VPC: `protocol` (tcp, udp, icmp, all), `ports` "
       "(`80`, `\"8000-8100\"`), and `cidr` or `group`. The group `default` is that of tasks that "
       "name none. A group that is not here is not enforced. This machine itself is always let "
       "in."},
      {"network.strict", Form::kSwitch, &Config::network_strict,
       "RunTask refuses subnets and security groups that are not configured, in AWS's words; "
       "`drydock run` then needs `--subnet`."},
      {"network.ipv6", Form::kNetwork6, &Config::network_ipv6,
       "The tasks' IPv6 network, a /64: each task gets an address of it beside its IPv4 address. "
       "Empty: no IPv6. It turns net.ipv6.conf.all.forwarding on until the daemon ends without "
       "tasks."},
      {"network.isolate_clusters", Form::kSwitch, &Config::network_isolate_clusters,
       "Tasks of different clusters cannot reach each other."},
      {"volumes.efs", Form::kEfsFolders, &Config::volumes_efs,
       "The folders of this machine that stand for EFS file systems. One that is not named (or "
       "mapped with `drydock volumes map`) is a folder below `root`. Drydock never removes a named "
       "folder."},
      {"volumes.access_points", Form::kAccessPoints, &Config::volumes_access_points,
       "EFS access points, beside those that `aws efs create-access-point` makes here: `PosixUser` "
       "and `RootDirectory` with its `CreationInfo`, as EFS writes them."},
      {"tasks.host_network", Form::kSwitch, &Config::tasks_host_network,
       "EC2 definitions may have `networkMode: host`: their containers use this machine's own "
       "network, "
       "so that they reach whatever listens on its 127.0.0.1 (but for the daemon's API) and may "
       "watch "
       "its traffic. False: such a task stops and says so."},
      {"s3.objects", Form::kObjects, &Config::s3_objects,
       "The files of this machine that stand for objects in S3, which `environmentFiles` and log "
       "routers with `config-file-type: s3` name: "
       "`bucket/key` (or its ARN) for a file, `bucket/` or `bucket/prefix/` for a folder. The "
       "longest name that fits counts; `drydock run --env-file` comes before it."},
      {"tasks.privileged", Form::kSwitch, &Config::tasks_privileged,
       "Containers of EC2 definitions may be `privileged`, or without a seccomp filter "
       "(`dockerSecurityOptions`). Such a container is root on this machine. False: RunTask "
       "reports "
       "the failure ATTRIBUTE, as without an instance that allows it."},
      {"tasks.storage_limit", Form::kStorageLimit, &Config::tasks_storage_limit,
       "Which Fargate tasks are kept to the size of their ephemeral storage: with `auto` all where "
       "the file system of `root` has project quotas, else those that name `ephemeralStorage` (or "
       "run with `--ephemeral-storage`), each by a file system in a sparse file."},
      {"tasks.api", Form::kTaskApi, &Config::tasks_api,
       "What tasks may call of the daemon, at `host.docker.internal` and the port of `listen`: "
       "nothing, the small STS, or the ECS API too. `all` makes every task root on this machine."},
      {"tasks.endpoint_url", Form::kEndpoint, &Config::tasks_endpoint_url,
       "Becomes `AWS_ENDPOINT_URL` in containers that do not set it: `local` for what `tasks.api` "
       "offers, or the address of another emulator. Empty: the variable is not set."},
      {"upstream.endpoint", Form::kForward, &Config::upstream_endpoint,
       "Where calls for AWS services go that Drydock does not have (S3, SQS, ...): the address of "
       "another emulator, which gets them as they came, or `aws`, for which they are signed anew "
       "with the keys of `upstream.profile`. Empty: they are refused."},
      {"upstream.services", Form::kUpstreams, &Config::upstream_services,
       "The same for single services, by the name their calls are signed for: an address, `aws`, "
       "or `none`."},
      {"upstream.profile", Form::kOptionalText, &Config::upstream_profile,
       "The AWS profile whose keys sign what goes to the upstream: one of the user who started the "
       "daemon (with sudo), else of root. Empty: `default` for `aws`, and calls to an address stay "
       "as they came; a name also signs those to an address."},
      {"upstream.timeout", Form::kDuration, &Config::upstream_timeout,
       "The longest time without a byte from the upstream."},
      {"upstream.tasks", Form::kSwitch, &Config::upstream_tasks,
       "Tasks that may call the daemon (`tasks.api`) may use the upstream, too. With `aws` they "
       "act "
       "with the rights of `upstream.profile`."},
      {"dns.upstreams", Form::kServers, &Config::dns_upstreams,
       "The name servers that the tasks' resolver asks for what is not local, in order. Empty: "
       "those of the host, followed when they change."},
      {"ephemeral", Form::kSwitch, &Config::ephemeral,
       "On SIGTERM, or when the process that started the daemon ends, stops every task and removes "
       "all that was made.",
       "--ephemeral"},
      {"dry", Form::kSwitch, &Config::dry,
       "The whole API and the life of tasks, without containers: tasks start and end in memory, at "
       "once. Needs neither root nor images, but folders of its own (`root`, `run`).",
       "--dry"},
      {"log_level", Form::kLogLevel, &Config::log_level,
       "How much the daemon writes to its own log."},
  };
  return keys;
}

Status set_from_json(Config& config, const Key& key, const Json& value) {
  switch (key.form) {
    case Form::kNumber:
      if (!value.is_number_integer() ||
          (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX))
        return wrong(key, dump_json(value));
      return set_number(config, key, value.get<std::int64_t>());
    case Form::kSwitch:
      if (!value.is_boolean()) return wrong(key, dump_json(value));
      config.*std::get<bool Config::*>(key.member) = value.get<bool>();
      return {};
    case Form::kUids:
      return set_uids(config, key, value);
    case Form::kRegistries:
      return set_registries(config, key, value) ? Status() : wrong(key, dump_json(value));
    case Form::kMirrors:
      return set_mirrors(config, key, value) ? Status() : wrong(key, dump_json(value));
    case Form::kSubnets:
      return set_subnets(config, key, value) ? Status() : wrong(key, dump_json(value));
    case Form::kEfsFolders:
      return set_efs_folders(config, key, value);
    case Form::kAccessPoints:
      return set_access_points(config, key, value);
    case Form::kObjects:
      return set_objects(config, key, value);
    case Form::kTargetGroups:
      return set_target_groups(config, key, value);
    case Form::kUpstreams:
      return set_upstreams(config, key, value);
    case Form::kGroups:
      return set_groups(config, key, value);
    case Form::kServers:
      return set_servers(config, key, value) ? Status() : wrong(key, dump_json(value));
    case Form::kClusters:
      return set_clusters(config, key, value) ? Status() : wrong(key, dump_json(value));
    case Form::kAliases:
      return set_aliases(config, key, value) ? Status() : wrong(key, dump_json(value));
    case Form::kRoles:
      return set_roles(config, key, value) ? Status() : wrong(key, dump_json(value));
    default:
      break;
  }
  if (!value.is_string()) return wrong(key, dump_json(value));
  const auto text = value.get<std::string>();
  return key.form == Form::kDuration ? set_duration(config, key, text)
                                     : set_text(config, key, text);
}

Status set_from_text(Config& config, const Key& key, const std::string& text) {
  switch (key.form) {
    case Form::kNumber: {
      const auto n = number(text);
      return n ? set_number(config, key, *n) : Status(wrong(key, "\"" + text + "\""));
    }
    case Form::kSwitch:
      config.*std::get<bool Config::*>(key.member) = text != "false";
      return {};
    case Form::kUids: {  // a flag names one, and may be repeated
      const auto n = number(text);
      if (!n || !is_uid(*n))
        return fail(Errc::kInvalid, "is \"" + text + "\"; it must be a user id, like 1000");
      (config.*std::get<std::vector<uid_t> Config::*>(key.member))
          .push_back(static_cast<uid_t>(*n));
      return {};
    }
    case Form::kDuration:
      return set_duration(config, key, text);
    default:
      return set_text(config, key, text);
  }
}

Json value_json(const Config& config, const Key& key) {
  return std::visit(
      [&](auto member) -> Json {
        if constexpr (std::is_same_v<decltype(member), Duration Config::*>) {
          const auto s = std::chrono::duration_cast<std::chrono::seconds>(config.*member).count();
          return s % 3600 == 0 ? std::to_string(s / 3600) + "h" : std::to_string(s) + "s";
        } else if constexpr (std::is_same_v<decltype(member),
                                            std::vector<netns::SecurityGroup> Config::*>) {
          return groups_json(config.*member);
        } else if constexpr (std::is_same_v<decltype(member),
                                            std::vector<volumes::AccessPoint> Config::*>) {
          return access_points_json(config.*member);
        } else {
          return config.*member;
        }
      },
      key.member);
}

}  // namespace drydock::daemon
