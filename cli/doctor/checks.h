#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"

// What `drydock doctor` looks at. Gathering touches the machine; judging is pure.
namespace drydock::cli {

// The machine as it is. Texts are empty and numbers negative where nothing could be learnt.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): one of it, in the order it is read
struct Facts {
  bool root = false;
  std::uint64_t capabilities = ~std::uint64_t{0};  // CapEff
  std::string kernel;                              // "6.1.0-18-amd64"
  int cgroup_version = 0;                          // 0 none, 1, 2
  std::vector<std::string> controllers;
  std::vector<std::string> missing_namespaces;
  bool seccomp = false;
  bool overlay_known = false;  // in /proc/filesystems
  std::string overlay_error;   // why a test mount below the root folder failed
  bool overlay_tested = false;
  std::string root_folder;
  std::string root_filesystem;  // "overlay", "nfs" or "" for an ordinary one
  double free_bytes = -1;
  double free_inodes = -1;
  std::string runtime, runtime_version;
  std::string nft, nft_version, nft_error;
  std::string tini;
  int ip_forward = -1;
  long long nofile_hard = -1;
  std::string listen;        // empty: the daemon that answers has no TCP endpoint
  std::string listen_error;  // why the TCP endpoint's port cannot be had
  bool group_exists = false;
  std::string group_name = "drydock";
  bool daemon_answers = false;
  std::string daemon_error;
  std::string own_instance;                      // of the daemon that answers
  std::map<std::string, std::string> leftovers;  // instance id -> what of it exists
};

enum class Verdict { kOk, kWarning, kBroken };  // broken: a task could not run

struct Check {
  std::string name;
  Verdict verdict = Verdict::kOk;
  std::string detail;  // what was found
  std::string lost;    // what does not work without it
  std::string fix;
  bool operator==(const Check&) const = default;
};

struct DoctorQuestion {
  std::string root, listen, runtime;
};

Facts gather_facts(const DoctorQuestion& question);
std::vector<Check> judge(const Facts& facts);
// The daemon's own checks: the answer of GET doctor.
std::vector<Check> daemon_checks(const Json& answer);

}  // namespace drydock::cli
