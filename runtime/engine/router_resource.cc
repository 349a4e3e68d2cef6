#include "runtime/engine/router_resource.h"

#include <unistd.h>

#include "base/files.h"
#include "logrouter/firelens/router_config.h"
#include "runtime/s3_objects.h"

namespace drydock::runtime {
namespace {

constexpr std::size_t kLargestFile = 1u << 20;

std::string config_file(const Paths& paths, const TaskSpec& spec) {
  return paths.firelens(spec.task_id) + "/config/fluent.conf";
}

std::string external_file(const Paths& paths, const TaskSpec& spec) {
  return paths.firelens(spec.task_id) + "/config/external.conf";
}

std::string option_of(const taskdef::ContainerDefinition& router, const std::string& name) {
  for (const auto& option : router.firelens_configuration->options)
    if (option.name == name) return option.value;
  return {};
}

bool has_external_file(const taskdef::ContainerDefinition& router) {
  return option_of(router, "config-file-type") == "s3";
}

// What ECS downloads from S3 is copied from what stands in for it.
Status make_external_file(const Machine& machine, const TaskSpec& spec,
                          const taskdef::ContainerDefinition& router) {
  if (!has_external_file(router)) return {};
  const std::string arn = option_of(router, "config-file-value");
  const std::string doing = "unable to fetch the configuration file of container " + router.name;
  auto file = s3_file(spec.objects, machine.objects, arn);
  if (!file && file.error().code == Errc::kNotFound)
    return fail(Errc::kNotFound, doing + ": " + arn.substr(0, 300) +
                                     " is not fetched from S3 here: name the file that stands for "
                                     "it in s3.objects of the configuration");
  if (!file) return tl::unexpected(std::move(file.error()).in(doing));
  auto text = read_file(*file, kLargestFile);
  if (!text) return tl::unexpected(std::move(text.error()).in(doing + " (" + arn + ")"));
  return write_file_atomic(external_file(machine.paths, spec), *text);
}

}  // namespace

Status make_router_resource(const Machine& machine, const TaskSpec& spec) {
  const Paths& paths = machine.paths;
  const auto index = logrouter::router_of(spec.definition);
  if (!index) return {};
  const taskdef::ContainerDefinition& router = spec.definition.containers[*index];
  DRYDOCK_LET(const std::string text,
              logrouter::router_config(spec.definition, {spec.cluster_name, spec.task_arn, ""}));
  const std::string file = config_file(paths, spec);
  DRYDOCK_TRY(make_dirs(file.substr(0, file.rfind('/'))));
  DRYDOCK_TRY(make_dirs(paths.router_socket(spec.task_id)));
  DRYDOCK_TRY(make_external_file(machine, spec, router));
  DRYDOCK_TRY(write_file_atomic(file, text));
  if (router.user.empty()) return {};
  DRYDOCK_LET(const logrouter::SocketOwner owner, logrouter::socket_owner(router.user));
  if (::chown(paths.router_socket(spec.task_id).c_str(), static_cast<uid_t>(owner.uid),
              static_cast<gid_t>(owner.gid)) != 0)
    return fail_errno("give the log router's socket folder to user " + router.user);
  return {};
}

std::vector<BindMount> router_mounts(const Paths& paths, const TaskSpec& spec,
                                     std::size_t container) {
  const auto index = logrouter::router_of(spec.definition);
  if (!index || *index != container) return {};
  const taskdef::ContainerDefinition& router = spec.definition.containers[container];
  const std::string inside = logrouter::router_config_path(router.firelens_configuration->type);
  std::vector<BindMount> mounts = {
      {config_file(paths, spec), inside, false, false, ""},
      {paths.router_socket(spec.task_id), "/var/run", false, false, ""}};
  if (has_external_file(router))
    mounts.push_back({external_file(paths, spec),
                      inside.substr(0, inside.rfind('/')) + "/external.conf", false, false, ""});
  return mounts;
}

}  // namespace drydock::runtime
