#include "volumes/volumes.h"

#include <sys/wait.h>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/files.h"
#include "base/json.h"
#include "volumes/access/mount.h"
#include "volumes/bind.h"
#include "volumes/block.h"
#include "volumes/places.h"

namespace drydock::volumes {
namespace {

Status check_task_id(const std::string& task_id) {
  if (task_id.empty() || task_id.find('/') != std::string::npos || task_id.front() == '.')
    return fail(Errc::kInvalid, "'" + task_id + "' is no task id");
  return {};
}

// Mounted below the run folder, for all tasks that use it.
bool is_shared(const PlannedVolume& volume, const std::string& run) {
  return volume.source.starts_with(run + "/");
}

Status make_folder(const PlannedVolume& volume) {
  if (volume.kind == Kind::kMounted) return {};
  if (volume.must_exist && !exists(volume.folder))
    return fail(Errc::kNotFound,
                "the folder " + volume.folder + " does not exist on this machine; create it first");
  return make_dirs(volume.folder);
}

Result<UniqueFd> open_volume(const PlannedVolume& volume) {
  const auto& point = volume.access_point;
  if (point && !point->creation && !volume.inside.empty() &&
      !exists(volume.folder + "/" + volume.inside))
    return fail(Errc::kNotFound, "access point " + point->id + ": the file system has no folder " +
                                     point->path + ", and without CreationInfo none is made");
  return open_inside(volume.folder, volume.inside,
                     point ? point->creation : std::optional<CreationInfo>());
}

}  // namespace

struct Volumes::Place {
  std::mutex work;              // held while it is mounted or unmounted
  std::set<std::string> tasks;  // guarded by Volumes::mutex_
};

Volumes::Volumes(VolumesOptions options)
    : options_(std::move(options)), ephemeral_(options_.root, options_.storage_limit) {}
Volumes::~Volumes() = default;

Result<std::unique_ptr<Volumes>> Volumes::open(VolumesOptions options) {
  DRYDOCK_TRY(make_dirs(options.root));
  std::unique_ptr<Volumes> self(new Volumes(std::move(options)));
  DRYDOCK_TRY(make_dirs(self->options_.run, 0711));
  DRYDOCK_LET(self->efs_, EfsCatalog::open(self->options_.root, self->options_.configured));
  return self;
}

Result<VolumePlan> Volumes::plan(const taskdef::TaskDefinition& definition,
                                 const std::string& task_id,
                                 const std::optional<BlockVolume>& block) const {
  return volume_plan(definition, {task_id, options_.root, options_.run, *efs_->state(), block});
}

std::shared_ptr<std::mutex> Volumes::task_mutex(const std::string& task_id) {
  const std::lock_guard lock(mutex_);
  auto& mutex = task_mutexes_[task_id];
  if (!mutex) mutex = std::make_shared<std::mutex>();
  return mutex;
}

Status Volumes::prepare(const VolumePlan& plan, const std::string& task_id) {
  DRYDOCK_TRY(check_task_id(task_id));
  DRYDOCK_TRY(make_dirs(task_folder(options_.root, task_id)));
  {
    const std::lock_guard lock(mutex_);
    for (const PlannedVolume& volume : plan.volumes)
      if (removing_.count(volume.kept_as))
        return fail(Errc::kBusy, "volume '" + volume.name + "': " + volume.kept_as +
                                     " is being removed; try again");
    hold(plan, task_id);
  }
  // Containers of a task start at the same time and ask for the same.
  const auto mutex = task_mutex(task_id);
  const std::lock_guard lock(*mutex);
  for (const PlannedVolume& volume : plan.volumes)
    if (auto done = prepare_one(volume, task_id); !done)
      return tl::unexpected(std::move(done.error()).in("volume '" + volume.name + "'"));
  return {};
}

void Volumes::adopt(const VolumePlan& plan, const std::string& task_id) {
  const std::lock_guard lock(mutex_);
  hold(plan, task_id);
}

void Volumes::hold(const VolumePlan& plan, const std::string& task_id) {
  for (const PlannedVolume& volume : plan.volumes) {
    if (!volume.kept_as.empty()) users_[volume.kept_as].insert(task_id);
    if (!is_shared(volume, options_.run)) continue;
    auto& place = places_[volume.source];
    if (!place) place = std::make_shared<Place>();
    place->tasks.insert(task_id);
  }
}

Status Volumes::prepare_one(const PlannedVolume& volume, const std::string& task_id) {
  if (volume.kind == Kind::kBlock) return prepare_block(volume, task_id);
  if (volume.docker && !volume.kept_as.empty()) DRYDOCK_TRY(know_docker(volume));
  DRYDOCK_TRY(make_folder(volume));
  if (volume.kept_as.starts_with("fs-")) DRYDOCK_TRY(efs_->know(volume.kept_as));
  if (volume.source == volume.folder) return {};
  if (is_shared(volume, options_.run)) return share(volume, task_id);
  if (is_mounted(volume.source)) return {};
  if (volume.mount) return mount_driver(*volume.mount, volume.source);
  DRYDOCK_LET(const UniqueFd found, open_volume(volume));
  return bind_folder(found.get(), volume.source);
}

// What a shared Docker volume was made with stays; a task that asks for another one under its name
// would get the first.
Status Volumes::know_docker(const PlannedVolume& volume) {
  const std::string file = options_.root + "/docker-facts/" + volume.kept_as + ".json";
  const Json options = volume.docker->driver_opts;
  if (const auto text = read_file(file, 1u << 20)) {
    DRYDOCK_LET(const Json known, parse_json(*text));
    const Json* before = json_find(known, "driverOpts");
    if (!before || *before == options) return {};
    return fail(Errc::kInvalid, "it exists with driverOpts " + dump_json(*before) +
                                    ", and this task wants " + dump_json(options) +
                                    "; name another volume, or remove that one (drydock volumes "
                                    "rm " +
                                    volume.kept_as + ")");
  }
  DRYDOCK_TRY(make_dirs(options_.root + "/docker-facts", 0700));
  return write_file_atomic(file,
                           dump_json({{"labels", volume.docker->labels},
                                      {"driverOpts", options},
                                      {"createdAt", epoch_seconds(now())}}),
                           0600);
}

Status Volumes::prepare_block(const PlannedVolume& volume, const std::string& task_id) {
  if (is_mounted(volume.source)) return {};
  DRYDOCK_TRY(make_block(*volume.block, volume.folder, task_id));
  return mount_block(*volume.block, volume.folder, volume.source);
}

Status Volumes::share(const PlannedVolume& volume, const std::string& task_id) {
  std::shared_ptr<Place> place;
  {
    const std::lock_guard lock(mutex_);
    auto& known = places_[volume.source];
    if (!known) known = std::make_shared<Place>();
    known->tasks.insert(task_id);
    place = known;
  }
  const std::lock_guard work(place->work);
  if (is_mounted(volume.source)) return {};
  DRYDOCK_TRY(unmount(volume.source));  // one whose process was killed
  return mount_shared(volume);
}

Status Volumes::mount_shared(const PlannedVolume& volume) {
  if (volume.mount) return mount_driver(*volume.mount, volume.source);
  DRYDOCK_LET(const UniqueFd found, open_volume(volume));
  AccessMount mount;
  mount.program = options_.efs_program;
  mount.target = volume.source;
  mount.folder = found.get();
  mount.user = *volume.access_point->user;
  mount.join = options_.join;
  DRYDOCK_LET(Child child, mount_access(mount));
  reap(std::move(child));
  return {};
}

void Volumes::reap(Child child) {
  if (!options_.loop) return;
  auto shared = std::make_shared<Child>(std::move(child));
  options_.loop->post([this, shared] {
    const int fd = shared->pidfd.get();
    children_[fd] = {
        std::move(*shared), options_.loop->readable(fd, [this, fd] {
          siginfo_t info{};
          ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(fd), &info, WEXITED | WNOHANG);
          auto gone = children_.extract(fd);  // outlives its own handle's call
          options_.loop->post([held = std::make_shared<decltype(gone)>(std::move(gone))] {});
        })};
  });
}

Status Volumes::leave_shared(const std::string& task_id) {
  std::map<std::string, std::shared_ptr<Place>> left;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [name, tasks] : users_) tasks.erase(task_id);
    std::erase_if(users_, [](const auto& one) { return one.second.empty(); });
    for (auto& [target, place] : places_)
      if (place->tasks.erase(task_id) && place->tasks.empty()) left.emplace(target, place);
  }
  Status first;
  for (auto& [target, place] : left) {
    const std::lock_guard work(place->work);
    {
      const std::lock_guard lock(mutex_);
      if (!place->tasks.empty()) continue;  // taken again
    }
    if (auto gone = unmount(target); !gone) {
      if (first) first = std::move(gone);
    } else {
      (void)remove_tree(target);
    }
  }
  return first;
}

Status Volumes::remove_task(const std::string& task_id) {
  DRYDOCK_TRY(check_task_id(task_id));
  // What follows deletes, and must not reach into a kept folder.
  const std::string bound = bound_folder(options_.root, task_id);
  for (const std::string& name : list_dir(bound)) DRYDOCK_TRY(unmount(bound + "/" + name));
  const Status removed = ephemeral_.remove(task_id);
  const std::string blocks = options_.root + "/ebs/";
  if (removed)
    for (const std::string& id : list_dir(blocks))
      if (goes_with(blocks + id, task_id)) DRYDOCK_TRY(remove_tree(blocks + id));
  const Status left = leave_shared(task_id);
  const std::lock_guard lock(mutex_);
  task_mutexes_.erase(task_id);
  return removed ? left : removed;
}

void Volumes::sweep() {
  for (const std::string& name : list_dir(options_.run)) {
    const std::string target = options_.run + "/" + name;
    {
      const std::lock_guard lock(mutex_);
      if (places_.count(target)) continue;
    }
    if (unmount(target)) (void)remove_tree(target);
  }
}

}  // namespace drydock::volumes
