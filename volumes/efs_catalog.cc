#include "volumes/efs_catalog.h"

#include "base/clock.h"
#include "base/files.h"

namespace drydock::volumes {
namespace {

void lay_over(EfsState& state, const EfsState& configured) {
  for (const auto& [id, fs] : configured.file_systems) {
    FileSystem& here = state.file_systems[id];
    here.id = id;
    here.folder = fs.folder;
    here.configured = true;
  }
  for (const auto& [id, point] : configured.access_points) {
    state.access_points[id] = point;
    state.access_points[id].configured = true;
    state.file_systems[point.file_system].id = point.file_system;
  }
}

}  // namespace

Result<std::unique_ptr<EfsCatalog>> EfsCatalog::open(const std::string& root,
                                                     const EfsState& configured) {
  DRYDOCK_TRY(make_dirs(root));
  std::unique_ptr<EfsCatalog> self(new EfsCatalog(root + "/efs.json", configured));
  EfsState state;
  auto text = read_file(self->file_);
  if (!text && text.error().code != Errc::kNotFound) return tl::unexpected(text.error());
  if (text) {
    auto read = state_of(*text);
    if (!read)
      return tl::unexpected(std::move(read.error()).in(self->file_ + " cannot be read; repair it"));
    state = std::move(*read);
  }
  // File systems of before there was a catalog.
  for (const std::string& id : list_dir(root + "/efs"))
    if (is_file_system_id(id)) state.file_systems[id].id = id;
  lay_over(state, configured);
  self->state_ = std::make_shared<const EfsState>(std::move(state));
  return self;
}

std::shared_ptr<const EfsState> EfsCatalog::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

Status EfsCatalog::change(const std::function<Status(EfsState&)>& change) {
  const std::lock_guard one(change_mutex_);
  auto next = std::make_shared<EfsState>(*state());
  DRYDOCK_TRY(change(*next));
  lay_over(*next, configured_);
  DRYDOCK_TRY(write_file_atomic(file_, stored_state(*next), 0600));
  const std::lock_guard lock(mutex_);
  state_ = std::move(next);
  return {};
}

Status EfsCatalog::know(const std::string& file_system) {
  if (state()->file_systems.count(file_system)) return {};
  return change([&](EfsState& state) -> Status {
    FileSystem& fs = state.file_systems[file_system];
    fs.id = file_system;
    if (fs.created == 0) fs.created = epoch_seconds(now());
    return {};
  });
}

std::string efs_folder(const EfsState& state, const std::string& root, const std::string& id) {
  const auto known = state.file_systems.find(id);
  return known == state.file_systems.end() || known->second.folder.empty() ? root + "/efs/" + id
                                                                           : known->second.folder;
}

}  // namespace drydock::volumes
