#include <nlohmann/json.hpp>
#include <set>

#include "taskdef/rules.h"

// Volumes and the places they are mounted at.
namespace drydock::taskdef::rules {
namespace {

constexpr std::size_t kLongestName = 255;

void setting(Subject& s, const Node& volume, const Node& node, std::string_view why) {
  s.add(node, fill(text::kVolumeSetting, {volume["name"].text(), why}));
}

void name(Subject& s, const Node& volume, std::set<std::string>& names) {
  const std::string text = volume["name"].text();
  if (text.empty()) s.add(volume["name"], fill(text::kMissing, {"Volume", "name"}));
  if (!is_identifier(text)) s.add(volume["name"], fill(text::kCharacters, {"Volume", "name"}));
  if (text.size() > kLongestName)
    s.add(volume["name"], fill(text::kTooLong, {"Volume", "name", "255"}));
  if (!text.empty() && !names.insert(text).second)
    setting(s, volume, volume["name"], "the name is used twice");
}

void one_kind(Subject& s, const Node& volume) {
  int kinds = volume["host"]["sourcePath"].filled() + volume["configuredAtLaunch"].flag();
  for (std::string_view kind :
       {"dockerVolumeConfiguration", "efsVolumeConfiguration", "s3filesVolumeConfiguration",
        "fsxWindowsFileServerVolumeConfiguration"})
    kinds += static_cast<bool>(volume[kind]);
  if (kinds > 1) setting(s, volume, volume, "more than one kind of volume is configured");
}

void efs(Subject& s, const Node& volume) {
  const Node efs = volume["efsVolumeConfiguration"];
  const Node authorization = efs["authorizationConfig"];
  const bool encrypted = efs["transitEncryption"].text() == "ENABLED";
  const bool access_point = authorization["accessPointId"].filled();
  if (authorization["iam"].text() == "ENABLED" && !encrypted)
    s.add(efs, std::string(text::kEfsIam));
  if (access_point && !encrypted)
    setting(s, volume, efs, "an EFS access point requires transitEncryption to be ENABLED");
  const Node root = efs["rootDirectory"];
  if (access_point && root.filled() && root.text() != "/")
    setting(s, volume, root, "with an EFS access point rootDirectory must be absent or \"/\"");
  const Node port = efs["transitEncryptionPort"];
  if (port.number() < 0 || port.number() > 65535)
    setting(s, volume, port, "transitEncryptionPort is not a port number");
  if (port.number() != 0 && !encrypted)
    setting(s, volume, port, "transitEncryptionPort requires transitEncryption to be ENABLED");
}

void docker(Subject& s, const Node& volume) {
  const Node docker = volume["dockerVolumeConfiguration"];
  if (docker["autoprovision"].flag() && docker["scope"].text() != "shared")
    setting(s, volume, docker["autoprovision"], "autoprovision requires scope shared");
}

}  // namespace

void volumes(Subject& s) {
  std::set<std::string> names;
  int at_launch = 0;
  for (const Node& volume : s.task["volumes"].items()) {
    name(s, volume, names);
    one_kind(s, volume);
    efs(s, volume);
    docker(s, volume);
    if (volume["configuredAtLaunch"].flag() && ++at_launch == 2)
      setting(s, volume, volume["configuredAtLaunch"],
              "only one volume can be configured at launch");
  }
}

void mounts(Subject& s) {
  std::set<std::string> volumes;
  for (const Node& volume : s.task["volumes"].items()) volumes.insert(volume["name"].text());
  std::set<std::string> names;
  for (const Node& container : s.containers) names.insert(container["name"].text());
  for (const Node& container : s.containers) {
    for (const Node& mount : container["mountPoints"].items()) {
      const std::string volume = mount["sourceVolume"].text();
      if (!volumes.contains(volume))
        s.add(mount["sourceVolume"], fill(text::kUnknownVolume, {volume}));
      if (!mount["containerPath"].filled())
        s.add(mount["containerPath"], fill(text::kMissing, {"MountPoint", "containerPath"}));
    }
    for (const Node& from : container["volumesFrom"].items()) {
      const std::string source = from["sourceContainer"].text();
      const bool itself = source == container["name"].text();
      if (!names.contains(source) || itself)
        s.add(from["sourceContainer"],
              fill(text::kContainerSetting, {"volumesFrom", name_of(container),
                                             itself ? "a container cannot take volumes from itself"
                                                    : "there is no container \"" + source + "\""}));
    }
  }
}

}  // namespace drydock::taskdef::rules
