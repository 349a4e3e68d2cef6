#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "netns/dns/cache.h"

namespace drydock::netns::dns {

// One epoll, one timerfd, one eventfd: what the resolver's thread waits with. (`Loop` of base can't
// wait until a descriptor takes bytes, and costs an allocation a packet.) Everything but post(),
// call() and stop() belongs to the thread in run().
class Reactor {
 public:
  using Fn = std::function<void()>;
  using TimerId = std::uint64_t;

  static Result<std::unique_ptr<Reactor>> open();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  // Calls `fn` while `fd` is ready for `events` (EPOLLIN, EPOLLOUT; level-triggered). A second call
  // changes events and function. False: the kernel refuses.
  bool watch(int fd, std::uint32_t events, Fn fn);
  // Before `fd` is closed.
  void forget(int fd);
  TimerId after(std::chrono::milliseconds delay, Fn fn);
  void cancel(TimerId timer);

  void post(Fn fn);
  // Runs `fn` there and waits for its end: never from the reactor's own thread.
  void call(const Fn& fn);
  void run();
  void stop();

 private:
  Reactor() = default;
  void arm();
  void run_posted();
  void run_timers();

  struct Watch {
    std::uint32_t generation = 0;
    std::shared_ptr<const Fn> fn;
  };
  UniqueFd epoll_, timer_, wake_;
  std::uint32_t generation_ = 0;
  std::unordered_map<int, Watch> watches_;
  TimerId last_timer_ = 0;
  std::map<std::pair<Clock::time_point, TimerId>, Fn> timers_;
  std::unordered_map<TimerId, Clock::time_point> when_;
  Clock::time_point armed_{};
  std::mutex mutex_;  // guards what is below
  std::vector<Fn> posted_;
  bool stopping_ = false;
};

}  // namespace drydock::netns::dns
