#include "taskdef/approximations.h"

#include <array>
#include <nlohmann/json.hpp>

#include "taskdef/node.h"

namespace drydock::taskdef {
namespace {

using Applies = bool (*)(const Node&);

bool filled(const Node& node) { return node.filled(); }
bool is_true(const Node& node) { return node.flag(); }
bool is_host(const Node& node) { return node.text() == "host"; }
bool is_bridge(const Node& node) { return node.text() == "bridge"; }
bool of_another_system(const Node& node) {
  const std::string option = node.text();
  return option.starts_with("label") || option.starts_with("credentialspec");
}
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
    {"networkMode", is_host,
     "the instance is this machine: ports are open here, and containers reach what listens on its "
     "127.0.0.1, but for the daemon's API"},
    {"networkMode", is_bridge,
     "host ports are bound on 127.0.0.1, not on every address of this machine"},
    {"placementConstraints", filled,
     "evaluated in clusters with container instances only; without any, there is one machine"},
    {"inferenceAccelerators", filled, "stored; no such device is given to a container"},
    {"proxyConfiguration", filled, "stored; no traffic is redirected to the proxy"},
    {"ephemeralStorage", filled,
     "the image's layers do not count; where the machine has neither project quotas nor loop "
     "devices, the size is only reported"},
    {"runtimePlatform.operatingSystemFamily", is_windows,
     "Windows containers cannot run on this machine: the task stops and says so"},
    {"volumes[].efsVolumeConfiguration", filled,
     "a kept folder on this machine stands in for the file system; nothing is encrypted on a way, "
     "and IAM is not asked"},
    {"volumes[].s3filesVolumeConfiguration", filled,
     "an empty folder of the task is used instead of the bucket"},
    {"volumes[].fsxWindowsFileServerVolumeConfiguration", filled,
     "Windows file shares cannot be mounted"},
    {"volumes[].configuredAtLaunch", is_true,
     "a file system in a file of this machine stands in for the EBS volume: its type, IOPS, "
     "throughput and encryption have no effect"},
    {"containerDefinitions[].environmentFiles", filled,
     "files of this machine stand in for the objects (--env-file, or s3.objects in the "
     "configuration)"},
    {"containerDefinitions[].dockerSecurityOptions[]", of_another_system,
     "label and credentialspec have no effect: there is no SELinux and no Active Directory"},
    {"containerDefinitions[].resourceRequirements", filled,
     "no GPU or accelerator is given to the container"},
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

std::vector<std::string_view> approximated_paths() {
  std::vector<std::string_view> paths;
  for (const Row& row : kTable) paths.push_back(row.path);
  return paths;
}

std::vector<Note> approximations(const Json& document) {
  std::vector<Note> notes;
  const Node task(document);
  for (const Row& row : kTable) find(task, row.path, row, notes);
  return notes;
}

}  // namespace drydock::taskdef
