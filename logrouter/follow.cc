#include <sys/inotify.h>
#include <unistd.h>

#include "logrouter/reader.h"

namespace drydock::logrouter {

Result<JournalWatch> JournalWatch::create() {
  UniqueFd fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!fd) return fail_errno("watch journals (fs.inotify.max_user_instances may be too low)");
  return JournalWatch(std::move(fd));
}

Status JournalWatch::add(const std::string& folder) {
  constexpr std::uint32_t kWhat = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_ONLYDIR;
  if (::inotify_add_watch(fd_.get(), folder.c_str(), kWhat) < 0)
    return fail_errno("watch the journal " + folder);
  return {};
}

void JournalWatch::drain() const {
  char events[4096];
  while (::read(fd_.get(), events, sizeof events) > 0) continue;  // which folder does not matter
}

Result<MergedReader> MergedReader::open(const std::vector<std::string>& folders,
                                        const ReadOptions& options) {
  MergedReader merged;
  if (options.follow) {
    DRYDOCK_LET(merged.watch_, JournalWatch::create());
    for (const auto& folder : folders) DRYDOCK_TRY(merged.watch_->add(folder));
  }
  for (const auto& folder : folders) {
    DRYDOCK_LET(JournalReader reader, JournalReader::open(folder, options));
    merged.sources_.push_back({std::move(reader), std::nullopt, {}});
  }
  return merged;
}

std::optional<MergedReader::Merged> MergedReader::next() {
  if (idle_) {
    if (watch_) watch_->drain();
    for (Source& s : sources_) s.exhausted = false;
    idle_ = false;
  }
  Source* oldest = nullptr;
  for (Source& s : sources_) {
    if (!s.head && !s.exhausted) {
      s.before = s.reader.position();
      s.head = s.reader.next();
      s.exhausted = !s.head;
    }
    if (s.head && (!oldest || s.head->time < oldest->head->time)) oldest = &s;
  }
  if (!oldest) {
    idle_ = true;
    return std::nullopt;
  }
  Merged merged{static_cast<std::size_t>(oldest - sources_.data()), std::move(*oldest->head)};
  oldest->head.reset();
  return merged;
}

bool MergedReader::past_until() const {
  for (const Source& s : sources_)
    if (s.head || !s.reader.past_until()) return false;
  return true;
}

Position MergedReader::position(std::size_t source) const {
  const Source& s = sources_.at(source);
  return s.head ? s.before : s.reader.position();
}

}  // namespace drydock::logrouter
