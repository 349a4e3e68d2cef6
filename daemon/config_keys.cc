#include "daemon/config_keys.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>

#include "control/credentials_choice.h"
#include "netns/address6.h"

namespace drydock::daemon {
namespace {

constexpr std::int64_t kMaxBytes = std::int64_t{1} << 50;

bool only(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

Result<std::int64_t> number(std::string_view text) {
  std::int64_t n = 0;
  auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (text.empty() || ec != std::errc{} || end != text.data() + text.size())
    return fail(Errc::kInvalid, "\"" + std::string(text) + "\" is not a whole number");
  return n;
}

// Only there can the kernel tell who is calling.
bool is_loopback(const std::string& text) {
  in_addr address{};
  return ::inet_pton(AF_INET, text.c_str(), &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

bool is_listen(const std::string& text) {
  if (text == "none") return true;
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || !is_loopback(text.substr(0, colon))) return false;
  const auto port = number(std::string_view(text).substr(colon + 1));
  return port && *port >= 0 && *port <= 65535;
}

bool is_subnet(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) return false;
  in_addr address{};
  if (::inet_pton(AF_INET, text.substr(0, slash).c_str(), &address) != 1) return false;
  const auto prefix = number(std::string_view(text).substr(slash + 1));
  if (!prefix || *prefix < 8 || *prefix > 28) return false;
  return (ntohl(address.s_addr) & (0xffffffffu >> *prefix)) == 0;
}

bool is_account(const std::string& text) { return text.size() == 12 && only(text, "0123456789"); }

bool is_region(const std::string& text) {
  return text.size() <= 32 && text.find('-') != std::string::npos &&
         only(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

bool fits(Form form, const std::string& text) {
  switch (form) {
    case Form::kFolder:
      return text.size() > 1 && text[0] == '/' &&
             text.size() <= 90;  // sockets live below it: 107 bytes
    case Form::kListen:
      return is_listen(text);
    case Form::kSubnet:
      return text.empty() || is_subnet(text);
    case Form::kRegion:
      return is_region(text);
    case Form::kAccount:
      return is_account(text);
    case Form::kProgram:
      return !text.empty() && (text[0] == '/' || text.find('/') == std::string::npos);
    case Form::kLogLevel:
      return text == "debug" || text == "info" || text == "warn" || text == "error";
    case Form::kPullPolicy:
      return text == "always" || text == "missing" || text == "never";
    case Form::kOptionalFile:
      return text.empty() || text[0] == '/';
    case Form::kCredentials:
      return control::is_credentials_mode(text);
    case Form::kNetwork6:
      return text.empty() || netns::parse_network6(text).has_value();
    case Form::kTaskApi:
      return text == "none" || text == "sts" || text == "all";
    case Form::kEndpoint:
      if (text == "local") return true;
      [[fallthrough]];
    case Form::kAddress:
      return text.empty() ||
             ((text.starts_with("https://") || text.starts_with("http://")) &&
              text.find_first_of(" \t\r\n@?#") == std::string::npos && text.back() != '/');
    default:
      return !text.empty();
  }
}

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
       "The MTU of the tasks' interfaces, in bytes; 0 stands for that of the default route, at "
       "most "
       "1500.",
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
       "A file that stands in for Secrets Manager for `repositoryCredentials`: `{\"<ARN or "
       "name>\": {\"username\": \"...\", \"password\": \"...\"}}`. Empty: none."},
      {"images.layers_at_once",
       Form::kNumber,
       &Config::images_layers_at_once,
       "How many layers of one image are downloaded and unpacked at once.",
       {},
       {},
       1,
       16},
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
       "The most that is kept of one container's log; the oldest files go first.",
       {},
       {},
       131072,
       kMaxBytes},
      {"tasks.keep_stopped", Form::kDuration, &Config::tasks_keep_stopped,
       "How long a stopped task can still be described."},
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
       "RunTask refuses subnets and security groups that are not configured, in AWS's words."},
      {"network.ipv6", Form::kNetwork6, &Config::network_ipv6,
       "The tasks' IPv6 network, a /64: each task gets an address of it beside its IPv4 address. "
       "Empty: no IPv6. It turns net.ipv6.conf.all.forwarding on until the daemon ends without "
       "tasks."},
      {"network.isolate_clusters", Form::kSwitch, &Config::network_isolate_clusters,
       "Tasks of different clusters cannot reach each other."},
      {"tasks.api", Form::kTaskApi, &Config::tasks_api,
       "What tasks may call of the daemon, at `host.docker.internal` and the port of `listen`: "
       "nothing, the small STS, or the ECS API too. `all` makes every task root on this machine."},
      {"tasks.endpoint_url", Form::kEndpoint, &Config::tasks_endpoint_url,
       "Becomes `AWS_ENDPOINT_URL` in containers that do not set it: `local` for what `tasks.api` "
       "offers, or the address of another emulator. Empty: the variable is not set."},
      {"dns.upstreams", Form::kServers, &Config::dns_upstreams,
       "The name servers that the tasks' resolver asks for what is not local, in order. Empty: "
       "those of the host, followed when they change."},
      {"ephemeral", Form::kSwitch, &Config::ephemeral,
       "On SIGTERM, or when the process that started the daemon ends, stops every task and removes "
       "all that was made.",
       "--ephemeral"},
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
    case Form::kGroups:
      return set_groups(config, key, value);
    case Form::kServers:
      return set_servers(config, key, value) ? Status() : wrong(key, dump_json(value));
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
        } else {
          return config.*member;
        }
      },
      key.member);
}

}  // namespace drydock::daemon
