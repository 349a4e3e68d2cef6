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
  EventsOptions events;
  ExecOptions exec;
  StopOptions stop;
  SpotInterruptOptions spot_interrupt;
  WaitOptions wait;
  DescribeOptions describe;
  RmOptions rm;
  ValidateOptions validate;
  RegisterOptions registration;
  LoadOptions load;
  PullOptions pull;
  SaveOptions save;
  TagOptions tag;
  RmiOptions rmi;
  VolumesInspectOptions volumes_inspect;
  VolumesRemoveOptions volumes_remove;
  VolumesMapOptions volumes_map;
  SecretsSetOptions secrets_set;
  SecretsGetOptions secrets_get;
  SecretsListOptions secrets_list;
  SecretsRemoveOptions secrets_remove;
  ParamsSetOptions params_set;
  ParamsGetOptions params_get;
  ParamsListOptions params_list;
  ParamsRemoveOptions params_remove;
  EnvOptions env;
  DaemonStartOptions daemon_start;
  DaemonStopOptions daemon_stop;
  DaemonStatusOptions daemon_status;
  DaemonResetOptions daemon_reset;
  DoctorOptions doctor;
  DocsOptions docs;
  ImagesOptions images;
  VolumesListOptions volumes_list;
  VolumesPruneOptions volumes_prune;
  VersionOptions version;
  PruneOptions prune;
  LocalOptions local;
  ComposeOptions compose;
  EcsPsOptions ecs_ps;
  EcsLogsOptions ecs_logs;
  ConvertOptions convert;
  UpOptions up;
  DownOptions down;
  ServiceCreateOptions service_create;
  ServiceUpdateOptions service_update;
  ServiceScaleOptions service_scale;
  ServiceListOptions service_list;
  ServicePsOptions service_ps;
  ServiceInspectOptions service_inspect;
  ServiceRemoveOptions service_remove;
  StatsOptions stats;
  NetworkListOptions network_list;
  NetworkInspectOptions network_inspect;
  CompleteOptions complete;
};

// Adds every verb with its flags to `app`; parsing it fills `slots`, which must outlive that.
void build(CLI::App& app, Slots& slots);
// The same for a program that is called ecs-cli: the verbs that are known from there.
void build_ecs_cli(CLI::App& app, Slots& slots);

}  // namespace drydock::cli
