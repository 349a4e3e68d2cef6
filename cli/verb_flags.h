#pragma once
#include "cli/options.h"

namespace CLI {
class App;
}

namespace drydock::cli {

// The options of every verb while they are being read.
struct Slots {
  Common common;
  Verb verb;
  RunOptions run;
  PsOptions ps;
  LogsOptions logs;
  ExecOptions exec;
  StopOptions stop;
  WaitOptions wait;
  DescribeOptions describe;
  RmOptions rm;
  ValidateOptions validate;
  RegisterOptions registration;
  ImagesOptions images;
  LoadOptions load;
  PullOptions pull;
  SaveOptions save;
  PruneOptions prune;
  TagOptions tag;
  RmiOptions rmi;
  EnvOptions env;
  DaemonStartOptions daemon_start;
  DaemonStopOptions daemon_stop;
  DaemonStatusOptions daemon_status;
  DaemonResetOptions daemon_reset;
  DoctorOptions doctor;
  VersionOptions version;
  DocsOptions docs;
};

// Adds every verb with its flags to `app`; parsing it fills `slots`, which must outlive that.
void build(CLI::App& app, Slots& slots);

}  // namespace drydock::cli
