#include <nlohmann/json.hpp>

#include "api/local/routes.h"
#include "api/protocol.h"

namespace drydock::api::local {
namespace {

// Images that go: those without a name that no task holds, and with `unused` all that no task
// holds.
bool goes(const images::ImageRow& row, bool unused) {
  return !row.held && (unused || row.names.empty());
}

void append(images::Removed& to, images::Removed&& more) {
  to.untagged.insert(to.untagged.end(), more.untagged.begin(), more.untagged.end());
  to.deleted.insert(to.deleted.end(), more.deleted.begin(), more.deleted.end());
  to.freed += more.freed;
}

Result<images::Removed> foretold(images::Store& store, bool unused) {
  images::Removed removed;
  DRYDOCK_LET(const auto rows, store.list());
  for (const auto& row : rows) {
    if (!goes(row, unused)) continue;
    removed.untagged.insert(removed.untagged.end(), row.names.begin(), row.names.end());
    removed.deleted.push_back(row.image->manifest_digest);
    removed.freed += row.unique;
  }
  return removed;
}

Result<images::Removed> pruned(images::Store& store, bool unused) {
  images::Removed removed;
  DRYDOCK_LET(const auto rows, store.list());
  for (const auto& row : rows) {
    if (!unused || !goes(row, unused)) continue;
    for (const auto& name : row.names) {
      auto gone = store.remove(name, false);
      if (gone) append(removed, std::move(*gone));
      // Taken by a task, or removed by somebody else, since the list was made.
      const bool fine =
          gone || gone.error().code == Errc::kBusy || gone.error().code == Errc::kNotFound;
      if (!fine) return gone;
    }
  }
  DRYDOCK_LET(auto rest, store.prune());
  append(removed, std::move(rest));
  return removed;
}

}  // namespace

http::Response prune_images(const Context& context, const http::Request& request) {
  const auto input = input_of(request.body);
  if (!input) return problem(input.error());
  const bool unused = json_bool(*input, "unused");
  const auto removed = json_bool(*input, "dryRun") ? foretold(*context->images, unused)
                                                   : pruned(*context->images, unused);
  if (!removed) return problem(removed.error());
  return ok(
      {{"untagged", removed->untagged}, {"deleted", removed->deleted}, {"freed", removed->freed}});
}

}  // namespace drydock::api::local
