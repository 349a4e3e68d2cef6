#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>

#include "base/files.h"
#include "base/logging.h"
#include "images/store_state.h"

// Which file says what the store has, and how new images get from the page cache to the disk.
namespace drydock::images {
namespace {

constexpr std::chrono::seconds kSettle{1};

// The catalogue in the unsynced file, if it is of this boot.
std::optional<std::string> of_this_boot(const std::string& text, const std::string& boot) {
  if (!text.starts_with(boot + "\n")) return std::nullopt;
  return text.substr(boot.size() + 1);
}

}  // namespace

Status Store::State::refresh() {
  struct stat st {};
  bool unsynced = ::stat(unsynced_file.c_str(), &st) == 0;
  if (!unsynced && ::stat(names_file.c_str(), &st) != 0) {
    if (errno != ENOENT) return fail_errno("read " + names_file);
    if (catalogue_file) {
      catalogue = {};
      by_text.clear();
      catalogue_file.reset();
    }
    return {};
  }
  if (catalogue_file && st.st_ino == catalogue_inode) return {};
  const std::string& path = unsynced ? unsynced_file : names_file;
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  // The syncer may have taken the file away since.
  if (!file && errno == ENOENT) return refresh();
  if (!file || ::fstat(file.get(), &st) != 0) return fail_errno("read " + path);
  DRYDOCK_LET(std::string text, read_file("/proc/self/fd/" + std::to_string(file.get())));
  if (unsynced) {
    auto current = of_this_boot(text, boot);
    if (!current) return fail(Errc::kSystem, path + " is damaged; restart the daemon");
    text = std::move(*current);
  }
  auto parsed = parse_catalogue(text);
  if (!parsed) return tl::unexpected(std::move(parsed.error()).in("read " + path));
  catalogue = std::move(*parsed);
  catalogue_inode = st.st_ino;
  catalogue_file = std::move(file);
  by_text.clear();
  for (auto it = by_digest.begin(); it != by_digest.end();)
    it = catalogue.images.contains(it->first) ? std::next(it) : by_digest.erase(it);
  return {};
}

Result<Catalogue> Store::State::read_names() const {
  auto text = read_file(names_file);
  if (!text && text.error().code == Errc::kNotFound) return Catalogue{};
  if (!text) return tl::unexpected(std::move(text.error()));
  auto parsed = parse_catalogue(*text);
  if (!parsed) return tl::unexpected(std::move(parsed.error()).in("read " + names_file));
  return parsed;
}

// names.json first: data of what it names are never given up before.
Status Store::State::save_durable(const Catalogue& next, const Catalogue& safe) {
  DRYDOCK_LET(const Catalogue before, read_names());
  const Catalogue durable = durable_part(next, safe, before);
  if (durable != before) DRYDOCK_TRY(write_file_durable(names_file, catalogue_text(durable)));
  if (durable == next) {
    if (::unlink(unsynced_file.c_str()) != 0 && errno != ENOENT)
      return fail_errno("remove " + unsynced_file);
  } else {
    DRYDOCK_TRY(put(unsynced_file, boot + "\n" + catalogue_text(next)));
    wants_sync = true;
    wake_syncer.notify_one();
  }
  return refresh();
}

Status Store::State::save(const Catalogue& next) {
  DRYDOCK_LET(const Catalogue before, read_names());
  return save_durable(next, before);
}

Status Store::State::forget_other_boots() {
  const std::string mark = dir + "/boot";
  const auto marked = read_file(mark, 128);
  if (auto text = read_file(unsynced_file)) {
    auto current = of_this_boot(*text, boot);
    if (current && parse_catalogue(*current)) {
      wants_sync = true;
    } else if (::unlink(unsynced_file.c_str()) != 0) {
      return fail_errno("remove " + unsynced_file);
    }
  }
  if (marked && *marked == boot) return {};
  // Layers and blobs that came shortly before a crash of the machine may be whole in name only; no
  // durable image has them.
  DRYDOCK_TRY(refresh());
  DRYDOCK_LET(const Staging trash, make_staging());
  if (sweep(trash)) DRYDOCK_TRY(put(mark, boot));
  return {};
}

Status Store::State::sync_once() {
  Catalogue captured;
  Store::State& self = *this;
  {
    DRYDOCK_LET(const StoreLock lock, StoreLock::take(self));
    wants_sync = false;
    if (!exists(unsynced_file)) return {};
    captured = catalogue;
  }
  DRYDOCK_TRY(sync_file_system(options.helper, dir, stop_syncer));
  DRYDOCK_LET(const StoreLock lock, StoreLock::take(self));
  if (!exists(unsynced_file)) return {};
  return save_durable(catalogue, captured);
}

void Store::State::run_syncer() {
  std::unique_lock guard(mutex);
  for (;;) {
    wake_syncer.wait(guard, [&] { return wants_sync || stop_syncer.is_set(); });
    // Several changes in a row are synced together.
    wake_syncer.wait_for(guard, kSettle, [&] { return stop_syncer.is_set(); });
    if (stop_syncer.is_set()) return;
    guard.unlock();
    // What could not be synced stays in the unsynced file, and is tried again with the next change.
    if (auto done = sync_once(); !done) log::debug("image store: " + done.error().message);
    guard.lock();
  }
}

Store::State::~State() {
  {
    const std::lock_guard guard(mutex);
    stop_syncer.set();
  }
  wake_syncer.notify_one();
  if (syncer.joinable()) syncer.join();
}

}  // namespace drydock::images
