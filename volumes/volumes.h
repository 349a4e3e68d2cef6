#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/loop.h"
#include "base/spawn.h"
#include "volumes/efs_catalog.h"
#include "volumes/ephemeral.h"
#include "volumes/plan.h"

namespace drydock::volumes {

struct VolumesOptions {
  std::string root;         // "<state>/volumes"
  std::string run;          // "<run>/volumes"
  std::string efs_program;  // drydock-efs
  EfsState configured = {};
  StorageLimit storage_limit = StorageLimit::kAuto;
  std::vector<std::string> join = {};  // cgroup files of processes that outlive the daemon
  Loop* loop = nullptr;                // reaps them; null: nobody does (tests)
};

// A volume that outlives tasks, as `drydock volumes` shows it.
struct VolumeRow {
  std::string name;  // "fs-…", a Docker volume's name, "vol-…"
  std::string kind;  // "efs", "docker", "ebs"
  std::string folder;
  std::uint64_t bytes = 0;
  bool complete = true;              // `bytes` counts all
  bool mapped = false;               // EFS: the folder is the user's own
  std::vector<std::string> used_by;  // task ids
  double created = 0;
  std::map<std::string, std::string> labels = {};
  std::vector<AccessPoint> access_points = {};
  std::string facts = {};  // EBS: what RunTask asked for, as JSON
};

// The volumes of this machine: those of tasks, and those that are kept. Thread-safe; most calls
// block on the disk.
class Volumes {
 public:
  static Result<std::unique_ptr<Volumes>> open(VolumesOptions options);
  ~Volumes();

  EfsCatalog& efs() { return *efs_; }
  Ephemeral& ephemeral() { return ephemeral_; }
  Result<VolumePlan> plan(const taskdef::TaskDefinition& definition, const std::string& task_id,
                          const std::optional<BlockVolume>& block) const;

  // Makes what the plan needs, as a user of what is kept; safe to repeat. kNotFound names a folder
  // that does not exist, kBusy a volume that is being removed. What is half made goes with
  // remove_task.
  Status prepare(const VolumePlan& plan, const std::string& task_id);
  // A task of an earlier daemon uses what its plan says.
  void adopt(const VolumePlan& plan, const std::string& task_id);
  // Unbinds and removes all that was made for the task; what is kept stays. Absent is success.
  Status remove_task(const std::string& task_id);
  // After the last adopt(): unmounts what tasks shared that are no more.
  void sweep();

  // Without sizes when `sized` is false: those are counted file by file.
  std::vector<VolumeRow> list(bool sized) const;
  // kNotFound names the volume.
  Result<VolumeRow> find(const std::string& name) const;
  // Removes a volume with its data, an EFS file system with its access points, too; of a mapped one
  // the folder stays. kBusy names the tasks that use it.
  Status remove(const std::string& name);
  // The Docker and EBS volumes that no task uses; removed unless `dry`. Never EFS.
  Result<std::vector<VolumeRow>> prune(bool dry);
  // Lets an EFS file system be `folder`, or with an empty one a folder of our own again.
  Status map(const std::string& file_system, const std::string& folder);
  // The folder with what a mapped file system holds of its own, from when it was not mapped; empty:
  // none, or it is not mapped.
  std::string hidden_data(const std::string& file_system) const;
  std::vector<std::string> users(const std::string& kept_as) const;

 private:
  struct Place;  // a mount that tasks share
  explicit Volumes(VolumesOptions options);

  void hold(const VolumePlan& plan, const std::string& task_id);  // under mutex_
  Status prepare_one(const PlannedVolume& volume, const std::string& task_id);
  Status know_docker(const PlannedVolume& volume);
  Status prepare_block(const PlannedVolume& volume, const std::string& task_id);
  Status share(const PlannedVolume& volume, const std::string& task_id);
  Status mount_shared(const PlannedVolume& volume);
  Status leave_shared(const std::string& task_id);
  std::shared_ptr<Place> place_of(const std::string& target, const std::string& task_id);
  std::shared_ptr<std::mutex> task_mutex(const std::string& task_id);
  void reap(Child child);
  Status remove_kept(const VolumeRow& row);
  void list_efs(std::vector<VolumeRow>& rows) const;
  void list_docker(std::vector<VolumeRow>& rows) const;
  void list_ebs(std::vector<VolumeRow>& rows) const;

  const VolumesOptions options_;
  std::unique_ptr<EfsCatalog> efs_;
  Ephemeral ephemeral_;
  mutable std::mutex mutex_;  // guards all below, never held while the disk is waited for
  std::map<std::string, std::set<std::string>> users_;  // what is kept -> tasks
  std::set<std::string> removing_;
  std::map<std::string, std::shared_ptr<Place>> places_;  // by mount point
  std::map<std::string, std::shared_ptr<std::mutex>> task_mutexes_;
  std::map<int, std::pair<Child, Loop::Handle>> children_;  // the loop's thread only
};

}  // namespace drydock::volumes
