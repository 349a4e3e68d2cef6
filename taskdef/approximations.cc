#include "taskdef/approximations.h"

#include <array>
#include <nlohmann/json.hpp>

#include "taskdef/node.h"

namespace drydock::taskdef {
namespace {

using Applies = bool (*)(const Node&);

bool filled(const Node& node) { return node.filled(); }
bool is_true(const Node& node) { return node.flag(); }
bool not_awsvpc(const Node& node) { return node.filled() && node.text() != "awsvpc"; }
bool is_task(const Node& node) { return node.text() == "task"; }
bool is_windows(const Node& node) { return node.text().starts_with("WINDOWS"); }

struct Row {
  std::string_view path;  // "[]" stands for every element
  Applies applies;
  std::string_view text;
};

// What is not, or not quite, as on Fargate. A row goes away when Drydock acts on its member.
constexpr Row kTable[] = {
    {"taskRoleArn", filled,
     "unless --creds or the configuration says otherwise, the role's keys are made up here and "
     "mean "
     "nothing at AWS"},
    {"networkMode", not_awsvpc,
     "the task runs in one network namespace of its own, as with awsvpc"},
    {"placementConstraints", filled, "ignored: there is one machine"},
    {"inferenceAccelerators", filled, "stored; no such device is given to a container"},
    {"proxyConfiguration", filled, "stored; no traffic is redirected to the proxy"},
    {"ephemeralStorage", filled, "reported, but the size is not enforced"},
    {"ipcMode", is_task, "every container has an IPC namespace of its own"},
    {"pidMode", is_task, "every container has a PID namespace of its own"},
    {"runtimePlatform.operatingSystemFamily", is_windows,
     "Windows containers cannot run on this machine"},
    {"volumes[].dockerVolumeConfiguration", filled,
     "a folder on this machine is used, kept when the scope is shared; the volume driver is not"},
    {"volumes[].efsVolumeConfiguration", filled,
     "a kept folder on this machine stands in for the file system; access points and IAM are not "
     "applied"},
    {"volumes[].s3filesVolumeConfiguration", filled,
     "an empty folder of the task is used instead of the bucket"},
    {"volumes[].fsxWindowsFileServerVolumeConfiguration", filled,
     "Windows file shares cannot be mounted"},
    {"volumes[].configuredAtLaunch", is_true,
     "an empty folder of the task is used instead of an EBS volume"},
    {"containerDefinitions[].repositoryCredentials", filled,
     "the login comes from a file that stands in for Secrets Manager (images.logins)"},
    {"containerDefinitions[].links", filled,
     "no alias is made; containers of a task reach each other on localhost"},
    {"containerDefinitions[].environmentFiles", filled,
     "not read yet: the variables in them are missing"},
    {"containerDefinitions[].secrets", filled, "not looked up yet: the variables are missing"},
    {"containerDefinitions[].hostname", filled, "the host name is the task's, as with awsvpc"},
    {"containerDefinitions[].disableNetworking", is_true,
     "the container shares the task's network"},
    {"containerDefinitions[].extraHosts", filled, "not added to /etc/hosts"},
    {"containerDefinitions[].dockerSecurityOptions", filled, "only no-new-privileges is applied"},
    {"containerDefinitions[].privileged", is_true,
     "all capabilities, but none of the host's devices"},
    {"containerDefinitions[].resourceRequirements", filled,
     "no GPU or accelerator is given to the container"},
    {"containerDefinitions[].firelensConfiguration", filled,
     "runs as an ordinary container: no router configuration is generated and no logs are sent to "
     "it yet"},
    {"containerDefinitions[].logConfiguration", filled,
     "output is kept in the local journal only; nothing is sent"},
    {"containerDefinitions[].credentialSpecs", filled, "stored; not applied"},
};

// Follows `path` from `node`, into every element at "[]".
void find(const Node& node, std::string_view path, const Row& row, std::vector<Note>& notes) {
  if (path.empty()) {
    if (row.applies(node)) notes.push_back({node.path(), std::string(row.text)});
    return;
  }
  const std::size_t dot = std::min(path.find('.'), path.size());
  std::string_view name = path.substr(0, dot);
  const std::string_view rest = path.substr(std::min(dot + 1, path.size()));
  if (!name.ends_with("[]")) return find(node[name], rest, row, notes);
  name.remove_suffix(2);
  for (const Node& item : node[name].items()) find(item, rest, row, notes);
}

}  // namespace

std::vector<Note> approximations(const Json& document) {
  std::vector<Note> notes;
  const Node task(document);
  for (const Row& row : kTable) find(task, row.path, row, notes);
  return notes;
}

}  // namespace drydock::taskdef
