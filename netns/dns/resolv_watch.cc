#include "netns/dns/resolv_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <cstring>

namespace drydock::netns::dns {
namespace {

constexpr std::uint32_t kEvents =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_ONLYDIR;

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

}  // namespace

Result<std::unique_ptr<ResolvWatch>> ResolvWatch::open(const std::vector<std::string>& files) {
  std::unique_ptr<ResolvWatch> w(new ResolvWatch());
  w->files_ = files;
  w->inotify_.reset(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!w->inotify_) return fail_errno("watch /etc/resolv.conf");
  w->add_folders();
  return w;
}

// Again after each change: a link may lead elsewhere now. A folder that is not there is no error:
// most machines have only one of them.
void ResolvWatch::add_folders() {
  for (const std::string& file : files_) {
    ::inotify_add_watch(inotify_.get(), folder_of(file).c_str(), kEvents);
    char real[PATH_MAX];
    if (::realpath(file.c_str(), real))
      ::inotify_add_watch(inotify_.get(), folder_of(real).c_str(), kEvents);
  }
}

// Any name that ends so: what a link leads to may be called "stub-resolv.conf".
bool ResolvWatch::changed() {
  bool any = false;
  alignas(inotify_event) char buffer[4096];
  for (ssize_t n = 0; (n = ::read(inotify_.get(), buffer, sizeof buffer)) > 0;) {
    for (const char* at = buffer; at < buffer + n;) {
      inotify_event event;
      std::memcpy(&event, at, sizeof event);
      const std::string name = event.len ? at + sizeof event : "";
      any = any || name.ends_with("resolv.conf") || (event.mask & IN_Q_OVERFLOW) != 0;
      at += sizeof event + event.len;
    }
  }
  if (any) add_folders();
  return any;
}

}  // namespace drydock::netns::dns
