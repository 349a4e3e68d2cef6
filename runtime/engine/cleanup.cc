#include "runtime/engine/cleanup.h"

#include <poll.h>
#include <sys/wait.h>

#include "base/files.h"
#include "base/spawn.h"
#include "images/snapshot.h"
#include "runtime/engine/sandbox.h"
#include "runtime/shim/adopt.h"

namespace drydock::runtime {
namespace {

constexpr int kShimEndMs = 15000;  // a shim ends within milliseconds of its container

// Runs a program to its end; its output is not wanted.
Status run_quietly(const std::string& program, std::vector<std::string> args) {
  SpawnRequest request;
  request.program = program;
  request.args = std::move(args);
  request.env = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
  DRYDOCK_LET(Child child, spawn(request));
  siginfo_t info{};
  if (::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(child.pidfd.get()), &info,
               WEXITED) != 0)
    return fail_errno("wait for " + program);
  if (info.si_code != CLD_EXITED || info.si_status != 0)
    return fail(Errc::kSystem, program + " ended with " + std::to_string(info.si_status));
  return {};
}

// Remembers the first failure and goes on.
class Collect {
 public:
  void operator()(Status status) {
    if (!status && first_) first_ = std::move(status);
  }
  Status result() { return std::move(first_); }

 private:
  Status first_;
};

// A container whose daemon died: ends it and waits for its shim.
Status end_bundle(const Machine& machine, const std::string& task_id, const std::string& bundle) {
  Collect collect;
  auto shim = shim::find_shim(bundle);
  if (shim && *shim) {
    collect(machine.cgroups->kill_all(machine.cgroups->task_path(task_id)));
    pollfd wait{(*shim)->pidfd.get(), POLLIN, 0};
    ::poll(&wait, 1, kShimEndMs);
  } else {
    collect(shim::retire_bundle(bundle));
  }
  return collect.result();
}

}  // namespace

std::string image_holder(const std::string& task_id, std::size_t container) {
  return task_id + "." + std::to_string(container);
}

Status clean_task(const Machine& machine, const std::string& task_id, std::size_t containers) {
  Collect collect;
  collect(machine.cgroups->remove_task(task_id));
  const std::string folder = machine.paths.task(task_id);
  for (const std::string& name : list_dir(folder))
    if (exists(folder + "/" + name + "/rootfs"))
      collect(images::unmount_rootfs(machine.paths.rootfs(task_id, name)));
  collect(drop_sandbox(machine.paths, task_id));
  collect(remove_tree(folder));
  collect(remove_tree(machine.paths.firelens(task_id)));
  collect(machine.volumes->remove_task(task_id));
  for (std::size_t i = 0; i < containers; ++i)
    collect(machine.images->release(image_holder(task_id, i)));
  return collect.result();
}

Status end_orphan(const Machine& machine, const std::string& task_id,
                  const std::string& runtime_id) {
  Collect collect;
  collect(machine.cgroups->kill_all(machine.cgroups->container_path(task_id, runtime_id)));
  collect(run_quietly(machine.runtime,
                      {"--root", machine.paths.runtime_root(), "delete", "--force", runtime_id}));
  return collect.result();
}

std::vector<std::string> sweep(const Machine& machine,
                               const std::map<std::string, std::size_t>& live,
                               const std::set<std::string>& kept) {
  std::vector<std::string> cleaned;
  std::set<std::string> live_ids;
  std::vector<std::string> holders;
  for (const auto& [id, containers] : live) {
    live_ids.insert(id);
    for (std::size_t i = 0; i < containers; ++i) holders.push_back(image_holder(id, i));
  }
  for (const std::string& id : list_dir(machine.paths.tasks())) {
    if (live.count(id)) continue;
    const std::string folder = machine.paths.task(id);
    for (const std::string& name : list_dir(folder))
      if (exists(folder + "/" + name + "/config.json") ||
          exists(folder + "/" + name + "/shim.lock"))
        (void)end_bundle(machine, id, folder + "/" + name);
    auto done = clean_task(machine, id, 0);
    cleaned.push_back("task " + id + (done ? "" : " (" + done.error().message + ")"));
  }
  // What the runtime still remembers of containers without a bundle.
  for (const std::string& runtime_id : list_dir(machine.paths.runtime_root()))
    if (!live.count(runtime_id.substr(0, runtime_id.find('-'))))
      (void)run_quietly(machine.runtime,
                        {"--root", machine.paths.runtime_root(), "delete", "--force", runtime_id});
  if (auto swept = machine.cgroups->sweep(live_ids))
    for (const std::string& id : *swept) cleaned.push_back("cgroup of task " + id);
  for (const std::string& id : list_dir(machine.paths.volumes() + "/tasks"))
    if (!live.count(id)) (void)machine.volumes->remove_task(id);
  for (const std::string& id : list_dir(machine.paths.run + "/firelens"))
    if (!live.count(id)) (void)remove_tree(machine.paths.firelens(id));
  for (const std::string& id : list_dir(machine.paths.root + "/logs"))
    if (!live.count(id) && !kept.count(id)) (void)remove_tree(machine.paths.logs(id));
  (void)machine.images->release_all_but(holders);
  for (const std::string& name : list_dir(machine.paths.probes()))
    (void)remove_tree(machine.paths.probes() + "/" + name);
  return cleaned;
}

}  // namespace drydock::runtime
