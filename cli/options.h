#pragma once
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"

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

struct RunOptions {
  std::string file;    // positional or -f
  std::string remote;  // -t
  bool detach = false;
  std::string cluster = "default";
  std::vector<EnvironmentSetting> environment;
  std::vector<CommandSetting> commands;
  std::vector<std::pair<std::string, std::string>> images;  // container, reference
  std::string cpu;
  std::string memory;
  std::string overrides_file;
  std::vector<Publish> publish;
  bool no_publish = false;
  std::vector<std::string> subnets;  // empty: the daemon's own
  std::vector<std::string> security_groups;
  std::string pull;         // empty: as the daemon is configured
  std::string credentials;  // the same
  int count = 1;
  std::optional<Duration> timeout;
  bool remove = false;
  bool strict = false;
  std::string group;
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

struct WaitOptions {
  std::string task;
  std::string state = "stopped";
  std::optional<Duration> timeout;
};

struct DescribeOptions {
  std::string task;
  bool local = false;
};

struct RmOptions {
  std::vector<std::string> tasks;
};

struct ValidateOptions {
  std::vector<std::string> files;
  bool fargate = false;
  bool strict = false;
};

struct RegisterOptions {
  std::vector<std::string> files;
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
  bool dry_run = false;
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
  bool dry = false;
};

struct DaemonStopOptions {
  bool stop_tasks = false;
  bool dry = false;
};

struct DaemonStatusOptions {};

struct DaemonResetOptions {
  bool dry = false;
};

struct DoctorOptions {
  std::string root = "/var/lib/drydock";
  std::string listen = "127.0.0.1:4590";
  std::string runtime = "runc";
};

struct VersionOptions {};

struct DocsOptions {  // hidden: prints the man page or a completion script
  std::string kind;
};

using Verb =
    std::variant<std::monostate, RunOptions, PsOptions, LogsOptions, ExecOptions, StopOptions,
                 WaitOptions, DescribeOptions, RmOptions, ValidateOptions, RegisterOptions,
                 ImagesOptions, LoadOptions, PullOptions, SaveOptions, PruneOptions, TagOptions,
                 RmiOptions, EnvOptions, DaemonStartOptions, DaemonStopOptions, DaemonStatusOptions,
                 DaemonResetOptions, DoctorOptions, VersionOptions, DocsOptions>;

}  // namespace drydock::cli
