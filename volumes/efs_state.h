#pragma once
#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

// The EFS file systems and access points of this machine, as values.
namespace drydock::volumes {

struct PosixUser {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> secondary_gids = {};
  bool operator==(const PosixUser&) const = default;
};

struct CreationInfo {  // of a root directory that is not there yet
  uid_t uid = 0;
  gid_t gid = 0;
  mode_t permissions = 0755;
  std::string written = {};  // the permissions as they were given; empty: in octal digits
  bool operator==(const CreationInfo&) const = default;
};

using Tags = std::map<std::string, std::string>;

struct AccessPoint {
  std::string id;  // "fsap-…"
  std::string file_system;
  std::string path = "/";
  std::optional<PosixUser> user = {};
  std::optional<CreationInfo> creation = {};
  std::string token = {};
  Tags tags = {};
  double created = 0;       // seconds since 1970
  bool configured = false;  // by the daemon's configuration: not kept, not removed
  bool operator==(const AccessPoint&) const = default;
};

// Where a file system is reached from a subnet, for those who ask: tasks here need none.
struct MountTarget {
  std::string id;  // "fsmt-…"
  std::string file_system;
  std::string subnet;
  std::string address;
  std::vector<std::string> security_groups = {};
  bool operator==(const MountTarget&) const = default;
};

struct FileSystem {
  std::string id;           // "fs-…"
  std::string folder = {};  // mapped to; empty: a folder of our own
  std::string token = {};
  std::string settings = {};  // what the EFS API was told beside it, as JSON
  Tags tags = {};
  double created = 0;
  bool configured = false;  // `folder` comes from the daemon's configuration
  bool operator==(const FileSystem&) const = default;
};

struct EfsState {
  std::map<std::string, FileSystem> file_systems;  // by id
  std::map<std::string, AccessPoint> access_points;
  std::map<std::string, MountTarget> mount_targets;
  bool operator==(const EfsState&) const = default;
};

// "fs-" and "fsap-" with letters, digits, - and _ after them, at most 128 characters.
bool is_file_system_id(const std::string& text);
bool is_access_point_id(const std::string& text);

// An access point in the words of EFS: {"FileSystemId", "PosixUser": {"Uid","Gid","SecondaryGids"},
// "RootDirectory": {"Path", "CreationInfo": {"OwnerUid","OwnerGid","Permissions"}}}. kInvalid
// names the member and what it must be.
Result<AccessPoint> access_point_of(const Json& json);
// The members PosixUser and RootDirectory.
Json access_point_json(const AccessPoint& point);

// The kept form, and back. Without what is configured.
std::string stored_state(const EfsState& state);
Result<EfsState> state_of(const std::string& text);

}  // namespace drydock::volumes
