#pragma once
#include <memory>
#include <string>

#include "cli/client.h"
#include "cli/options.h"
#include "cli/output.h"

namespace drydock::cli {

inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;
inline constexpr int kTimedOut = 124;
inline constexpr int kRefused = 125;
inline constexpr int kInterrupted = 130;

enum class Missing { kStart, kLeave };

// One call of the program: what every verb shares.
class Session {
 public:
  Session(Common flags, int out_fd, int err_fd)
      : common(std::move(flags)), out(out_fd), err(err_fd) {}

  // The daemon at --host, DRYDOCK_HOST or the default socket. When none answers at the default
  // socket and the caller is root, starts one (Missing::kStart) and says so.
  Result<Client> connect(Missing missing = Missing::kStart);

  // Prints "drydock: <message>" and gives back `exit_code`.
  int failed(const Error& error, int exit_code = kFailed);
  // A note for people on standard error, unless --quiet.
  void note(std::string_view text);
  // --json: the value, indented.
  int print_json(const Json& json);

  Common common;
  Output out;
  Output err;
};

// The verbs. Each returns the program's exit code.
int execute(Session& session, const RunOptions& options);
int execute(Session& session, const PsOptions& options);
int execute(Session& session, const LogsOptions& options);
int execute(Session& session, const EventsOptions& options);
int execute(Session& session, const ExecOptions& options);
int execute(Session& session, const StopOptions& options);
int execute(Session& session, const SpotInterruptOptions& options);
int execute(Session& session, const WaitOptions& options);
int execute(Session& session, const DescribeOptions& options);
int execute(Session& session, const RmOptions& options);
int execute(Session& session, const ValidateOptions& options);
int execute(Session& session, const RegisterOptions& options);
int execute(Session& session, const ImagesOptions& options);
int execute(Session& session, const LoadOptions& options);
int execute(Session& session, const PullOptions& options);
int execute(Session& session, const SaveOptions& options);
int execute(Session& session, const PruneOptions& options);
int execute(Session& session, const TagOptions& options);
int execute(Session& session, const RmiOptions& options);
int execute(Session& session, const VolumesListOptions& options);
int execute(Session& session, const VolumesInspectOptions& options);
int execute(Session& session, const VolumesRemoveOptions& options);
int execute(Session& session, const VolumesPruneOptions& options);
int execute(Session& session, const VolumesMapOptions& options);
int execute(Session& session, const SecretsSetOptions& options);
int execute(Session& session, const SecretsGetOptions& options);
int execute(Session& session, const SecretsListOptions& options);
int execute(Session& session, const SecretsRemoveOptions& options);
int execute(Session& session, const ParamsSetOptions& options);
int execute(Session& session, const ParamsGetOptions& options);
int execute(Session& session, const ParamsListOptions& options);
int execute(Session& session, const ParamsRemoveOptions& options);
int execute(Session& session, const EnvOptions& options);
int execute(Session& session, const DaemonStartOptions& options);
int execute(Session& session, const DaemonStopOptions& options);
int execute(Session& session, const DaemonStatusOptions& options);
int execute(Session& session, const DaemonResetOptions& options);
int execute(Session& session, const DoctorOptions& options);
int execute(Session& session, const VersionOptions& options);
int execute(Session& session, const DocsOptions& options);
int execute(Session& session, const LocalOptions& options);
int execute(Session& session, const ComposeOptions& options);
int execute(Session& session, const EcsPsOptions& options);
int execute(Session& session, const EcsLogsOptions& options);
int execute(Session& session, const ConvertOptions& options);
int execute(Session& session, const UpOptions& options);
int execute(Session& session, const DownOptions& options);
int execute(Session& session, const ServiceCreateOptions& options);
int execute(Session& session, const ServiceUpdateOptions& options);
int execute(Session& session, const ServiceScaleOptions& options);
int execute(Session& session, const ServiceListOptions& options);
int execute(Session& session, const ServicePsOptions& options);
int execute(Session& session, const ServiceInspectOptions& options);
int execute(Session& session, const ServiceRemoveOptions& options);
int execute(Session& session, const StatsOptions& options);
int execute(Session& session, const NetworkListOptions& options);
int execute(Session& session, const NetworkInspectOptions& options);
int execute(Session& session, const CompleteOptions& options);

}  // namespace drydock::cli
