#pragma once
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "netns/addresses.h"
#include "netns/security.h"
#include "volumes/efs_state.h"
#include "volumes/ephemeral.h"

namespace drydock::daemon {

// The daemon's configuration. What each value means stands in the key table (config.cc), which also
// makes docs/configuration.md; the initial values here are the defaults.
struct Config {
  std::string root = "/var/lib/drydock";
  std::string run = "/run/drydock";
  std::string listen = "127.0.0.1:4590";  // "none": no TCP endpoint
  std::string subnet;  // empty: the first of decision 7's ranges that no route overlaps
  std::string region = "us-east-1";
  std::string account = "123456789012";
  std::string runtime = "runc";  // a name looked up in the system's folders, or an absolute path
  std::string group = "drydock";
  std::vector<uid_t> allow_uids;
  std::int64_t pool_size = 4;
  std::int64_t mtu = 9001;
  std::int64_t health_concurrency = 0;  // 0: twice the number of processors
  std::string images_pull = "missing";
  std::vector<std::string> images_insecure_registries;
  std::map<std::string, std::vector<std::string>> images_mirrors;
  std::map<std::string, std::string> images_aliases;
  std::string images_logins;  // empty: none
  std::int64_t images_layers_at_once = 4;
  std::int64_t logs_segment_bytes = 8 << 20;
  std::int64_t logs_journal_bytes = 64 << 20;
  Duration logs_keep = std::chrono::hours(168);
  Duration tasks_keep_stopped = std::chrono::hours(1);
  std::int64_t events_keep = 5000;
  std::string events_file;     // empty: none
  std::string events_webhook;  // empty: none
  std::string events_socket;   // empty: none
  Duration services_healthy_after = std::chrono::seconds(1);
  Duration services_longest_delay = std::chrono::seconds(60);
  Duration services_unhealthy_after = std::chrono::seconds(60);
  Duration services_drain = std::chrono::seconds(10);
  std::map<std::string, std::string> services_target_groups;  // name or ARN -> "port[/path]"
  std::vector<std::string> instances_virtual;                 // names of clusters; "*": all
  std::int64_t metadata_rate_limit = 40;
  std::int64_t metadata_burst = 60;
  std::string credentials_mode = "fake";
  std::map<std::string, std::string> credentials_roles;
  std::string credentials_sso_endpoint;                // empty: AWS's
  std::string credentials_sts_endpoint;                // empty: AWS's
  std::vector<std::string> dns_upstreams;              // empty: the host's
  std::map<std::string, std::string> network_subnets;  // id -> range
  std::vector<netns::SecurityGroup> network_security_groups;
  std::string network_ipv6;             // empty: none
  std::string logs_firelens = "image";  // who routes logs: image, builtin
  std::string logs_forward;             // empty: nowhere
  std::string logs_forward_profile = "default";
  std::map<std::string, std::string> volumes_efs;  // file system -> folder
  std::vector<volumes::AccessPoint> volumes_access_points;
  std::string secrets_file;                       // empty: none
  std::string secrets_endpoint;                   // empty: none
  std::string secrets_aws = "none";               // none, profile, profile:NAME
  std::map<std::string, std::string> s3_objects;  // bucket/key or bucket/prefix/ -> file or folder
  std::string upstream_endpoint;                  // an address, aws; empty: none
  std::map<std::string, std::string> upstream_services;  // service -> the same, or none
  std::string upstream_profile;                          // empty: default, and for AWS only
  Duration upstream_timeout = std::chrono::minutes(5);
  std::string tasks_api = "none";
  std::string tasks_storage_limit = "auto";
  std::string tasks_endpoint_url;  // empty: nothing; local: what tasks_api offers
  std::string log_level = "info";
  bool health_early = true;
  bool logs_create_groups = true;
  bool logs_firelens_local = false;
  bool images_offline = false;
  bool images_engine = false;
  bool metadata_container_file = false;
  bool network_strict = false;
  bool network_isolate_clusters = false;
  bool tasks_host_network = true;
  bool default_cluster = false;
  bool tasks_privileged = false;
  bool upstream_tasks = false;
  bool ephemeral = false;
  bool dry = false;
  bool operator==(const Config&) const = default;
};

// How drydockd was called: the configuration and what belongs to this one start.
struct Invocation {
  Config config;
  std::string config_file;  // the file that was read, empty when none
  std::string ready_file;
  bool foreground = false;
  bool help = false;
  bool check = false;  // only say what the configuration comes to
  bool version = false;
};

using Environment = std::function<std::optional<std::string>(const std::string&)>;

// Later calls win, so the order is file, environment, flags. Each changes `config` only when all is
// valid. kInvalid names the file, the key's path, what it is and what it should be; an unknown key
// names the nearest known.
Status apply_file(Config& config, std::string_view text, const std::string& file);
Status apply_environment(Config& config, const Environment& environment);

// Reads drydockd's arguments (without the program's name), the configuration file (--config, else
// /etc/drydock/drydock.json when it exists) and the environment, in their precedence.
// kInvalid with a message that names the flag or key.
Result<Invocation> read_invocation(const std::vector<std::string>& args,
                                   const Environment& environment);

// The process' environment, for read_invocation.
std::optional<std::string> process_environment(const std::string& name);

// network.subnets as netns wants it.
std::vector<netns::MappedSubnet> mapped_subnets(const Config& config);

// volumes.efs and volumes.access_points as volumes wants them.
volumes::EfsState configured_efs(const Config& config);
// tasks.storage_limit.
volumes::StorageLimit storage_limit(const Config& config);

// The value of every key as JSON, nested as in the file.
Json config_json(const Config& config);
std::string config_text(const Config& config);  // indented

// docs/configuration.md and the text of `drydockd --help`, from the key table.
std::string configuration_document();
std::string daemon_help();

}  // namespace drydock::daemon
