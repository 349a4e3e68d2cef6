#include "taskdef/compose/ecs_params.h"

#include <functional>
#include <nlohmann/json.hpp>

#include "taskdef/compose/project.h"
#include "taskdef/compose/service.h"
#include "taskdef/compose/walk.h"

namespace drydock::taskdef::compose {
namespace {

Fill secret(const Context& c) {
  return [&c](Json& one) {
    return std::vector<Member>{{"name", text(c, one, "name")},
                               {"value_from", text(c, one, "valueFrom")}};
  };
}

Fill placement(const Context& c) {
  return [&c](Json& one) {
    return std::vector<Member>{{"type", text(c, one, "type")},
                               {"field", text(c, one, "field")},
                               {"expression", text(c, one, "expression")}};
  };
}

Status depends_on(const Context& c, const Yaml& node, const std::string& path, Json& to) {
  to = Json::object();
  return each(c, node, path, [&](const Yaml& item, const std::string& here) -> Status {
    const Yaml* name = item.find("container_name");
    const Yaml* condition = item.find("condition");
    if (!name || !condition)
      return fail_at(c, item, here, "container_name and condition are both needed");
    DRYDOCK_LET(const std::string container, text_at(c, *name, here));
    DRYDOCK_LET(to[container], text_at(c, *condition, here));
    return {};
  });
}

Status one_service(const Context& c, const Yaml& node, const std::string& path, Json& to) {
  to = Json::object();
  Json gpu;
  DRYDOCK_TRY(walk(
      c, node, path,
      {{"essential", flag(c, to, "essential")},
       {"depends_on",
        [&](const Yaml& n, const std::string& p) { return depends_on(c, n, p, to["dependsOn"]); }},
       {"cpu_shares", number(c, to, "cpu")},
       {"mem_limit", mib(c, to, "memory")},
       {"mem_reservation", mib(c, to, "memoryReservation")},
       {"gpu", text(c, gpu, "value")},
       {"init_process_enabled", flag(c, to, "initProcessEnabled")},
       {"healthcheck",
        [&](const Yaml& n, const std::string& p) {
          return read_health(c, n, p, to["healthCheck"]);
        }},
       {"firelens_configuration", map(c, to, "firelensConfiguration",
                                      [&c](Json& in) {
                                        return std::vector<Member>{
                                            {"type", text(c, in, "type")},
                                            {"options", string_map(c, in, "options")}};
                                      })},
       {"logging", map(c, to, "logConfiguration",
                       [&c](Json& in) {
                         return std::vector<Member>{
                             {"secret_options", maps(c, in, "secretOptions", secret(c))}};
                       })},
       {"secrets", maps(c, to, "secrets", secret(c))},
       {"repository_credentials", map(c, to, "repositoryCredentials", [&c](Json& in) {
          return std::vector<Member>{
              {"credentials_parameter", text(c, in, "credentialsParameter")}};
        })}}));
  if (!gpu.is_null())
    to["resourceRequirements"] =
        Json::array({{{"value", json_string(gpu, "value")}, {"type", "GPU"}}});
  return {};
}

// A list of volumes with names; `fill` says what else they have.
Put volumes(const Context& c, Json& to, const std::string& kind,
            const std::function<std::vector<Member>(Json& name, Json& in)>& fill) {
  return [&c, &to, kind, fill](const Yaml& node, const std::string& path) -> Status {
    return each(c, node, path, [&](const Yaml& item, const std::string& here) -> Status {
      Json name = Json::object(), inside = Json::object();
      auto members = fill(name, inside);
      members.push_back({"name", text(c, name, "name")});
      DRYDOCK_TRY(walk(c, item, here, members));
      const std::string named = json_string(name, "name");
      if (named.empty()) return fail_at(c, item, here, "a volume needs a name");
      to[named] = {{kind, std::move(inside)}};
      return {};
    });
  };
}

std::vector<Member> docker_volume(const Context& c, Json& in) {
  return {{"scope", text(c, in, "scope")},
          {"autoprovision", flag(c, in, "autoprovision")},
          {"driver", text(c, in, "driver")},
          {"driver_opts", string_map(c, in, "driverOpts")},
          {"labels", string_map(c, in, "labels")}};
}

std::vector<Member> efs_volume(const Context& c, Json& in) {
  const auto authorization = [&c, &in](const std::string& member) -> Put {
    return [&c, &in, member](const Yaml& node, const std::string& path) -> Status {
      DRYDOCK_LET(in["authorizationConfig"][member], text_at(c, node, path));
      return {};
    };
  };
  return {{"filesystem_id", text(c, in, "fileSystemId")},
          {"root_directory", text(c, in, "rootDirectory")},
          {"transit_encryption", text(c, in, "transitEncryption")},
          {"transit_encryption_port", number(c, in, "transitEncryptionPort")},
          {"access_point", authorization("accessPointId")},
          {"iam", authorization("iam")}};
}

Status task_definition(const Context& c, const Yaml& node, const std::string& path, Json& out) {
  Json& task = out["task"];
  const auto services = [&](const Yaml& all, const std::string& here) -> Status {
    for (const auto& [name, service] : all.members)
      DRYDOCK_TRY(one_service(c, service, here + "." + name, out["services"][name]));
    return all.is_map() ? Status() : fail_at(c, all, here, "expected a map of services");
  };
  const auto sizes = [&](const Yaml& size, const std::string& here) {
    return walk(c, size, here,
                {{"cpu_limit", text(c, task, "cpu")}, {"mem_limit", text(c, task, "memory")}});
  };
  return walk(c, node, path,
              {{"ecs_network_mode", text(c, task, "networkMode")},
               {"task_role_arn", text(c, task, "taskRoleArn")},
               {"task_execution_role", text(c, task, "executionRoleArn")},
               {"pid_mode", text(c, task, "pidMode")},
               {"ipc_mode", text(c, task, "ipcMode")},
               {"task_size", sizes},
               {"services", services},
               {"docker_volumes", volumes(c, out["volumes"], "dockerVolumeConfiguration",
                                          [&c](Json&, Json& in) { return docker_volume(c, in); })},
               {"efs_volumes", volumes(c, out["volumes"], "efsVolumeConfiguration",
                                       [&c](Json&, Json& in) { return efs_volume(c, in); })},
               {"placement_constraints", maps(c, task, "placementConstraints", placement(c))}});
}

Status run_params(const Context& c, const Yaml& node, const std::string& path, Json& run) {
  const auto vpc = [&c](Json& in) {
    return std::vector<Member>{{"subnets", texts(c, in, "subnets")},
                               {"security_groups", texts(c, in, "securityGroups")},
                               {"assign_public_ip", text(c, in, "assignPublicIp")}};
  };
  const auto network = [&c, vpc](Json& in) {
    return std::vector<Member>{{"awsvpc_configuration", map(c, in, "awsvpcConfiguration", vpc)}};
  };
  const auto place = [&](const Yaml& n, const std::string& here) {
    return walk(c, n, here,
                {{"strategy", maps(c, run, "placementStrategy", placement(c))},
                 {"constraints", maps(c, run, "placementConstraints", placement(c))}});
  };
  return walk(c, node, path,
              {{"network_configuration", map(c, run, "networkConfiguration", network)},
               {"task_placement", place},
               {"service_discovery", [&](const Yaml&, const std::string& here) -> Status {
                  note(c, here, "ignored: service discovery by these keys is not here");
                  return {};
                }}});
}

Json nothing() {
  return {{"task", Json::object()},
          {"services", Json::object()},
          {"volumes", Json::object()},
          {"run", Json::object()}};
}

Status version(const Context& c, const Yaml& node, const std::string& path) {
  DRYDOCK_LET(const std::string text, text_at(c, node, path));
  if (text == "1" || text == "1.0") return {};
  return fail_at(c, node, path, "\"" + text + "\" must be 1");
}

}  // namespace

Result<Json> read_ecs_params(const SourceFile& file, const Options& options,
                             std::vector<Note>& notes) {
  DRYDOCK_LET(Yaml root, read_source(file));
  const Context c{options, notes, file.name, options.folder};
  DRYDOCK_TRY(expand_variables(c, root));
  Json out = nothing();
  DRYDOCK_TRY(walk(
      c, root, {},
      {{"version", [&](const Yaml& n, const std::string& p) { return version(c, n, p); }},
       {"task_definition",
        [&](const Yaml& n, const std::string& p) { return task_definition(c, n, p, out); }},
       {"run_params",
        [&](const Yaml& n, const std::string& p) { return run_params(c, n, p, out["run"]); }}}));
  return out;
}

Result<Json> read_registry_credentials(const SourceFile& file, const Options& options,
                                       std::vector<Note>& notes) {
  DRYDOCK_LET(const Yaml root, read_source(file));
  const Context c{options, notes, file.name, options.folder};
  Json out = nothing();
  const auto one = [&](const Yaml& node, const std::string& path) -> Status {
    const Yaml* parameter = node.find("credentials_parameter");
    const Yaml* names = node.find("container_names");
    if (!parameter) return fail_at(c, node, path, "credentials_parameter is missing");
    if (!names) return {};
    DRYDOCK_LET(const std::string text, text_at(c, *parameter, path));
    DRYDOCK_LET(const auto containers, texts_at(c, *names, path));
    for (const std::string& name : containers)
      out["services"][name]["repositoryCredentials"] = {{"credentialsParameter", text}};
    return {};
  };
  const auto credentials = [&](const Yaml& node, const std::string& path) -> Status {
    for (const auto& [registry, value] : node.members)
      DRYDOCK_TRY(one(value, path + "." + registry));
    return {};
  };
  const auto outputs = [&](const Yaml& node, const std::string& path) {
    return walk(c, node, path,
                {{"task_execution_role", text(c, out["task"], "executionRoleArn")},
                 {"container_credentials", credentials}});
  };
  DRYDOCK_TRY(
      walk(c, root, {},
           {{"version", [&](const Yaml& n, const std::string& p) { return version(c, n, p); }},
            {"registry_credential_outputs", outputs}}));
  return out;
}

}  // namespace drydock::taskdef::compose
