#pragma once
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "cli/compose_options.h"

// What was asked for on the command line, verb by verb: plain values, already checked for form.
namespace drydock::cli {

struct Common {
  std::string host;  // empty: the default socket
  bool json = false;
  bool quiet = false;
  bool verbose = false;
};

struct Publish {  // [CTR:][ADDRESS:]HOST:PORT[/PROTOCOL]
  std::string container;
  int host_port = 0;
  int container_port = 0;
  std::string protocol = "tcp";
  std::string address = {};  // of this machine; empty: 127.0.0.1
  bool operator==(const Publish&) const = default;
};

struct EnvironmentSetting {  // [CTR:]K=V
  std::string container;     // empty: every container
  std::string name;
  std::string value;
  bool operator==(const EnvironmentSetting&) const = default;
};

struct CommandSetting {  // CTR=JSON-or-words
  std::string container;
  std::vector<std::string> command;
  bool operator==(const CommandSetting&) const = default;
};

// --env-file: a file that stands for an object of environmentFiles.
struct EnvFileSetting {
  std::string object;  // empty: the one that is meant
  std::string file;
  bool operator==(const EnvFileSetting&) const = default;
};

// What of a file that is more than one task definition is meant, and what it does not say itself.
struct FromFile {
  std::vector<std::pair<std::string, std::string>> parameters;  // --parameter NAME=VALUE
  std::string resource;                                         // --resource
};

struct RunOptions {
  std::string file;       // positional or -f
  ComposeSource compose;  // -c
  std::string remote;     // -t
  bool detach = false;
  std::string cluster = "default";
  std::vector<EnvironmentSetting> environment;
  std::vector<CommandSetting> commands;
  std::vector<std::pair<std::string, std::string>> images;  // container, reference
  std::string cpu;
  std::string memory;
  std::string overrides_file;
  std::vector<EnvFileSetting> env_files;
  std::vector<Publish> publish;
  bool no_publish = false;
  std::vector<std::string> subnets;  // empty: the daemon's own
  std::vector<std::string> security_groups;
  std::string pull;         // empty: as the daemon is configured
  std::string credentials;  // the same
  std::string firelens;     // the same
  bool firelens_local = false;
  std::string secrets_file;
  std::int64_t storage_mib = 0;                           // 0: as the definition says
  std::vector<std::pair<std::string, int>> volume_sizes;  // of EBS volumes, in GiB
  int count = 1;
  std::optional<Duration> timeout;
  bool remove = false;
  bool strict = false;
  std::string group;
  FromFile from;
};

struct PsOptions {
  bool all = false;
  std::string cluster;
  std::string service;
  std::string family;
  bool wide = false;
  bool watch = false;
};

struct LogsOptions {
  std::string task;
  std::vector<std::string> containers;
  bool follow = false;
  std::string since;
  std::string until;
  std::optional<int> tail;
  bool timestamps = false;
  bool no_prefix = false;
  bool only_stdout = false;
  bool only_stderr = false;
};

struct EventsOptions {
  std::string since;
  std::string cluster;
  bool follow = false;
};

struct ExecOptions {
  std::string task;
  std::vector<std::string> command;
  std::string container;  // empty: the only one
  bool input = false;
  bool terminal = false;
  std::string user;
  std::string working_directory;
  std::vector<std::string> environment;
};

struct StopOptions {
  std::vector<std::string> tasks;
  std::string reason;
  bool now = false;
};

struct SpotInterruptOptions {
  std::vector<std::string> tasks;
};

struct WaitOptions {
  std::string task;
  std::string state = "stopped";
  std::optional<Duration> timeout;
};

struct DescribeOptions {
  std::string task;
  bool local = false;
  bool show_secrets = false;
};

struct RmOptions {
  std::vector<std::string> tasks;
};

struct ValidateOptions {
  std::vector<std::string> files;
  bool fargate = false;
  bool strict = false;
  FromFile from;
};

struct RegisterOptions {
  std::vector<std::string> files;
  FromFile from;
};

struct ConvertOptions {
  std::string file;  // empty: as run finds one
  FromFile from;
};

struct UpOptions {
  std::string file;
  FromFile from;
  std::string name;     // what `down` calls it; empty: the file's folder
  std::string cluster;  // empty: as the file says, else default
  bool no_wait = false;
  std::optional<Duration> timeout;
};

struct DownOptions {
  std::string file;
  std::string name;
  std::optional<Duration> timeout;
};

enum class Breaker { kAsIs, kOff, kOn, kRollback };

// What service create and service update share.
struct ServiceSettings {
  std::string name;
  std::string cluster;
  std::string definition;  // --task-definition: registered here
  std::string file;        // -f: registered first
  FromFile from;
  std::optional<int> desired;
  std::optional<int> min_healthy;
  std::optional<int> max_percent;
  Breaker breaker = Breaker::kAsIs;
  std::vector<std::string> subnets;
  std::vector<std::string> security_groups;
  bool wait = false;
  std::optional<Duration> timeout;
};

struct ServiceCreateOptions : ServiceSettings {
  std::string launch_type;
  bool enable_execute_command = false;
};

struct ServiceUpdateOptions : ServiceSettings {
  bool force_new_deployment = false;
};

struct ServiceScaleOptions {
  std::vector<std::pair<std::string, int>> targets;
  std::string cluster;
  bool wait = false;
  std::optional<Duration> timeout;
};

struct ServiceListOptions {
  std::string cluster;
  bool watch = false;
};

struct ServicePsOptions {
  std::string name;
  std::string cluster;
  bool all = false;
  bool wide = false;
  bool watch = false;
};

struct ServiceInspectOptions {
  std::vector<std::string> names;
  std::string cluster;
};

struct ServiceRemoveOptions {
  std::vector<std::string> names;
  std::string cluster;
  bool no_wait = false;
  std::optional<Duration> timeout;
};

struct StatsOptions {
  std::vector<std::string> tasks;
  bool no_stream = false;
};

struct NetworkListOptions {};

struct NetworkInspectOptions {
  std::vector<std::string> tasks;
};

struct CompleteOptions {  // hidden: what the completions ask
  std::string kind;
};

struct ImagesOptions {};

struct LoadOptions {
  std::string file;
  std::string name;
};

struct PullOptions {
  std::vector<std::string> references;
  std::string platform;
  std::string pull = "always";
};

struct SaveOptions {
  std::vector<std::string> references;
  std::string file;  // empty or "-": standard output
};

struct PruneOptions {
  bool images = false;
  bool volumes = false;
  bool dry_run = false;
};

struct VolumesListOptions {};

struct VolumesInspectOptions {
  std::vector<std::string> names;
};

struct VolumesRemoveOptions {
  std::vector<std::string> names;
};

struct VolumesPruneOptions {
  bool dry_run = false;
};

struct VolumesMapOptions {
  std::string file_system;
  std::string folder;
  bool remove = false;
};

// A value for the local Secrets Manager or Parameter Store: as an operand, of a file, of a
// variable; or from standard input.
struct ValueSource {
  std::optional<std::string> text;
  std::string file;
  std::string variable;
};

struct SecretsSetOptions {
  std::string name;
  ValueSource value;
  std::string description;
};

struct SecretsGetOptions {
  std::string name;
  std::string stage;
  std::string key;
};

struct SecretsListOptions {};

struct SecretsRemoveOptions {
  std::vector<std::string> names;
};

struct ParamsSetOptions {
  std::string name;
  ValueSource value;
  std::string type;  // empty: as it was, SecureString at first
};

struct ParamsGetOptions {
  std::string name;
};

struct ParamsListOptions {
  std::string path = "/";
};

struct ParamsRemoveOptions {
  std::vector<std::string> names;
};

struct TagOptions {
  std::string source;
  std::string target;
};

struct RmiOptions {
  std::vector<std::string> references;
  bool force = false;
};

struct EnvOptions {
  std::string shell = "bash";
};

struct DaemonStartOptions {
  std::vector<std::string> arguments;  // for drydockd, as they will be passed on
  std::string run;                     // empty: what its configuration says
  std::string config = "/etc/drydock/drydock.json";
  bool dry = false;      // without containers
  bool dry_run = false;  // only say what would be done
};

struct DaemonStopOptions {
  bool stop_tasks = false;
  bool dry_run = false;
};

struct DaemonStatusOptions {};

struct DaemonResetOptions {
  bool dry_run = false;
};

struct DoctorOptions {
  std::string root, listen, runtime;  // empty: those of the daemon that answers, or the usual ones
};

struct VersionOptions {};

struct DocsOptions {  // hidden: prints the man page or a completion script
  std::string kind;
};

using Verb = std::variant<
    std::monostate, RunOptions, PsOptions, LogsOptions, EventsOptions, ExecOptions, StopOptions,
    SpotInterruptOptions, WaitOptions, DescribeOptions, RmOptions, ValidateOptions, RegisterOptions,
    ImagesOptions, LoadOptions, PullOptions, SaveOptions, PruneOptions, TagOptions, RmiOptions,
    VolumesListOptions, VolumesInspectOptions, VolumesRemoveOptions, VolumesPruneOptions,
    VolumesMapOptions, SecretsSetOptions, SecretsGetOptions, SecretsListOptions,
    SecretsRemoveOptions, ParamsSetOptions, ParamsGetOptions, ParamsListOptions,
    ParamsRemoveOptions, EnvOptions, DaemonStartOptions, DaemonStopOptions, DaemonStatusOptions,
    DaemonResetOptions, DoctorOptions, VersionOptions, DocsOptions, LocalOptions, ComposeOptions,
    EcsPsOptions, EcsLogsOptions, ConvertOptions, UpOptions, DownOptions, ServiceCreateOptions,
    ServiceUpdateOptions, ServiceScaleOptions, ServiceListOptions, ServicePsOptions,
    ServiceInspectOptions, ServiceRemoveOptions, StatsOptions, NetworkListOptions,
    NetworkInspectOptions, CompleteOptions>;

}  // namespace drydock::cli
