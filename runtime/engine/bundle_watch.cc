#include "runtime/engine/bundle_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <climits>
#include <set>

namespace drydock::runtime {

Result<std::unique_ptr<BundleWatch>> BundleWatch::create(
    Loop& loop, std::function<void(const std::string& key)> changed) {
  UniqueFd fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!fd)
    return fail_errno("make an inotify descriptor (fs.inotify.max_user_instances may be too low)");
  std::unique_ptr<BundleWatch> watch(new BundleWatch(std::move(fd), std::move(changed)));
  watch->readable_ = loop.readable(watch->fd_.get(), [w = watch.get()] { w->read(); });
  return watch;
}

Status BundleWatch::add(const std::string& folder, const std::string& key) {
  std::lock_guard lock(mutex_);
  const int wd = ::inotify_add_watch(fd_.get(), folder.c_str(), IN_MOVED_TO | IN_ONLYDIR);
  if (wd < 0)
    return fail_errno("watch " + folder + " (fs.inotify.max_user_watches may be too low)");
  keys_[wd] = key;
  watches_[key] = wd;
  return {};
}

void BundleWatch::remove(const std::string& key) {
  std::lock_guard lock(mutex_);
  auto at = watches_.find(key);
  if (at == watches_.end()) return;
  ::inotify_rm_watch(fd_.get(), at->second);
  keys_.erase(at->second);
  watches_.erase(at);
}

void BundleWatch::read() {
  alignas(inotify_event) char buffer[16384];
  std::set<std::string> touched;
  for (;;) {
    const ssize_t n = ::read(fd_.get(), buffer, sizeof buffer);
    if (n <= 0) break;
    std::lock_guard lock(mutex_);
    for (ssize_t at = 0; at < n;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      if ((event->mask & IN_Q_OVERFLOW) != 0)
        for (const auto& [wd, key] : keys_) touched.insert(key);  // look everywhere
      else if (auto key = keys_.find(event->wd); key != keys_.end())
        touched.insert(key->second);
      at += static_cast<ssize_t>(sizeof *event + event->len);
    }
  }
  for (const std::string& key : touched) changed_(key);
}

}  // namespace drydock::runtime
