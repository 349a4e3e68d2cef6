#include "volumes/access/program/locks.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <functional>
#include <thread>
#include <utility>

#include "volumes/access/program/served.h"

namespace drydock::volumes::access {
namespace {

constexpr int kWaiters = 1024;  // each is a thread
constexpr int kWake = SIGUSR1;  // makes a blocking lock call return EINTR

std::atomic<int> waiters{0};

// Who gets a lock must read what its last holder wrote, also by another mount. The kernel drops the
// pages it keeps when a file's time or size differs from what it saw, and before Linux 6.13 two
// writes within one tick of the clock have the same time. So it is told to drop them before a lock
// is granted. That may wait for reads of the same file, which the threads that serve must answer:
// it has a thread of its own.
class Grants {
 public:
  void begin(fuse_session* session) {
    std::thread([this, session] { run(session); }).detach();
  }
  void add(fuse_req_t request, fuse_ino_t file) {
    const std::lock_guard lock(mutex_);
    granted_.emplace_back(request, file);
    added_.notify_one();
  }

 private:
  [[noreturn]] void run(fuse_session* session) {
    for (;;) {
      std::unique_lock lock(mutex_);
      added_.wait(lock, [&] { return !granted_.empty(); });
      const auto [request, file] = granted_.front();
      granted_.pop_front();
      lock.unlock();
      (void)fuse_lowlevel_notify_inval_inode(session, file, 0, 0);  // ignoring: nothing was kept
      fuse_reply_err(request, 0);
    }
  }
  std::mutex mutex_;
  std::condition_variable added_;
  std::deque<std::pair<fuse_req_t, fuse_ino_t>> granted_;
};

Grants& grants() {
  static auto& all = *new Grants;  // its thread runs until the process ends
  return all;
}

// What a request wants of a file's locks.
struct Wanted {
  fuse_ino_t file = 0;
  bool gains = false;                       // it is no unlocking
  std::function<int(bool wait)> take = {};  // 0 or an errno
};

void answer(fuse_req_t request, const Wanted& wanted, int error) {
  if (error == 0 && wanted.gains)
    grants().add(request, wanted.file);
  else
    fuse_reply_err(request, error);
}

// A request that waits for a lock, and the thread that waits for it.
struct Wait {
  fuse_req_t request{};
  Wanted wanted = {};
  pthread_t thread{};
  std::mutex mutex;
  std::condition_variable ended_told;
  bool ended = false;
  bool unwanted = false;
};

// The one who waits was signalled. A signal that comes just before the call begins to wait would be
// lost, and no call takes both a lock and a signal mask, so it is sent until the call has ended.
// If the signal was there before fuse_req_interrupt_func was called, the waiting thread itself
// calls this from there: it has not begun to wait, and needs no waking.
void interrupt(fuse_req_t, void* data) {
  auto& wait = *static_cast<Wait*>(data);
  std::unique_lock lock(wait.mutex);
  wait.unwanted = true;
  if (::pthread_equal(wait.thread, ::pthread_self())) return;
  while (!wait.ended) {
    ::pthread_kill(wait.thread, kWake);
    wait.ended_told.wait_for(lock, std::chrono::milliseconds(5));
  }
}

void wait_for_lock(Wait& wait) {
  {
    const std::lock_guard lock(wait.mutex);
    wait.thread = ::pthread_self();
  }
  fuse_req_interrupt_func(wait.request, interrupt, &wait);
  int error = EINTR;
  do {
    {
      const std::lock_guard lock(wait.mutex);
      if (wait.unwanted) break;
    }
    error = wait.wanted.take(true);
  } while (error == EINTR);
  {
    const std::lock_guard lock(wait.mutex);
    wait.ended = true;
  }
  wait.ended_told.notify_all();
  fuse_req_interrupt_func(wait.request, nullptr, nullptr);
  answer(wait.request, wait.wanted, error);
}

// Tries, and when somebody else holds it waits on a thread of its own: those that serve go on.
void take_lock(fuse_req_t request, Wanted wanted, bool may_wait) {
  const int error = wanted.take(false);
  if ((error != EAGAIN && error != EACCES) || !may_wait) {
    answer(request, wanted, error);
    return;
  }
  if (waiters.fetch_add(1) >= kWaiters) {
    --waiters;
    fuse_reply_err(request, ENOLCK);
    return;
  }
  std::thread([request, wanted = std::move(wanted)]() mutable {
    Wait wait;
    wait.request = request;
    wait.wanted = std::move(wanted);
    wait_for_lock(wait);
    --waiters;
  }).detach();
}

// The description that carries this process' locks; made from the file when it has none yet.
std::shared_ptr<const UniqueFd> lock_file(Inode& inode, const fuse_file_info& file) {
  const std::lock_guard lock(inode.locks_mutex);
  auto& place = inode.lock_files[file.lock_owner];
  if (!place) {
    const std::string path = inode.path();
    // A lock to write needs a description that may write, one to read one that may read.
    UniqueFd fd;
    for (const int mode : {O_RDWR, O_RDONLY, O_WRONLY})
      if (!fd) fd.reset(::open(path.c_str(), mode | O_CLOEXEC));
    if (!fd) {
      inode.lock_files.erase(file.lock_owner);
      return nullptr;
    }
    place = std::make_shared<const UniqueFd>(std::move(fd));
  }
  return place;
}

}  // namespace

void get_lock(fuse_req_t request, fuse_ino_t number, const fuse_file_info& file,
              struct flock lock) {
  const auto fd = lock_file(inodes(request).of(number), file);
  lock.l_pid = 0;
  if (!fd || ::fcntl(fd->get(), F_OFD_GETLK, &lock) != 0) {
    fuse_reply_err(request, errno);
    return;
  }
  lock.l_pid = 0;  // whoever holds it is not of the caller's world
  fuse_reply_lock(request, &lock);
}

void set_lock(fuse_req_t request, fuse_ino_t number, const fuse_file_info& file, struct flock lock,
              bool wait) {
  auto fd = lock_file(inodes(request).of(number), file);
  if (!fd) {
    fuse_reply_err(request, errno);
    return;
  }
  lock.l_pid = 0;
  take_lock(
      request,
      {number, lock.l_type != F_UNLCK,
       [fd = std::move(fd), lock](bool blocking) {
         struct flock wanted = lock;
         return ::fcntl(fd->get(), blocking ? F_OFD_SETLKW : F_OFD_SETLK, &wanted) == 0 ? 0 : errno;
       }},
      wait);
}

void set_flock(fuse_req_t request, fuse_ino_t number, const fuse_file_info& file, int operation) {
  const int fd = static_cast<int>(file.fh);
  take_lock(request,
            {number, (operation & LOCK_UN) == 0,
             [fd, operation](bool blocking) {
               return ::flock(fd, (operation & ~LOCK_NB) | (blocking ? 0 : LOCK_NB)) == 0 ? 0
                                                                                          : errno;
             }},
            (operation & LOCK_NB) == 0);
}

void drop_locks(Inode& inode, std::uint64_t owner) {
  const std::lock_guard lock(inode.locks_mutex);
  const auto held = inode.lock_files.find(owner);
  if (held == inode.lock_files.end()) return;
  if (held->second.use_count() > 1) {
    // Another thread of the process waits for a lock: what it gets is the process', so the
    // description stays until the next close.
    struct flock all {};
    all.l_type = F_UNLCK;
    (void)::fcntl(held->second->get(), F_OFD_SETLK, &all);  // ignoring: unlocking needs nothing
    return;
  }
  inode.lock_files.erase(held);
}

void begin_locks(fuse_session* session) {
  struct sigaction act {};
  act.sa_handler = [](int) {};
  ::sigaction(kWake, &act, nullptr);  // without SA_RESTART
  grants().begin(session);
}

}  // namespace drydock::volumes::access
