#include "netns/dns/reactor.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>

namespace drydock::netns::dns {
namespace {

constexpr int kBatch = 64;

void drain(int fd) {
  std::uint64_t value = 0;
  while (::read(fd, &value, sizeof value) == static_cast<ssize_t>(sizeof value)) {
  }
}

}  // namespace

Result<std::unique_ptr<Reactor>> Reactor::open() {
  std::unique_ptr<Reactor> r(new Reactor());
  r->epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
  r->timer_.reset(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  r->wake_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!r->epoll_ || !r->timer_ || !r->wake_) return fail_errno("open the resolver's epoll");
  Reactor* raw = r.get();
  const bool watched = r->watch(r->wake_.get(), EPOLLIN, [raw] { raw->run_posted(); }) &&
                       r->watch(r->timer_.get(), EPOLLIN, [raw] { raw->run_timers(); });
  if (!watched) return fail_errno("watch the resolver's timer");
  return r;
}

bool Reactor::watch(int fd, std::uint32_t events, Fn fn) {
  const auto [at, fresh] = watches_.try_emplace(fd);
  if (fresh) at->second.generation = ++generation_;
  at->second.fn = std::make_shared<const Fn>(std::move(fn));
  epoll_event event{};
  event.events = events;
  event.data.u64 = std::uint64_t{at->second.generation} << 32 | static_cast<std::uint32_t>(fd);
  if (::epoll_ctl(epoll_.get(), fresh ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event) == 0)
    return true;
  if (fresh) watches_.erase(at);
  return false;
}

void Reactor::forget(int fd) {
  if (watches_.erase(fd) != 0) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

Reactor::TimerId Reactor::after(std::chrono::milliseconds delay, Fn fn) {
  const TimerId id = ++last_timer_;
  const auto when = Clock::now() + delay;
  timers_.emplace(std::pair(when, id), std::move(fn));
  when_[id] = when;
  arm();
  return id;
}

void Reactor::cancel(TimerId timer) {
  const auto at = when_.find(timer);
  if (at == when_.end()) return;
  timers_.erase({at->second, timer});
  when_.erase(at);
}

// Only ever earlier than it is: a timer that was cancelled costs one idle turn.
void Reactor::arm() {
  if (timers_.empty()) return;
  const auto first = timers_.begin()->first.first;
  if (armed_ != Clock::time_point{} && armed_ <= first) return;
  armed_ = first;
  const auto ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>(first.time_since_epoch()).count();
  itimerspec spec{};
  spec.it_value.tv_sec = ns / 1'000'000'000;
  spec.it_value.tv_nsec = ns % 1'000'000'000;
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
}

void Reactor::run_timers() {
  drain(timer_.get());
  armed_ = {};
  const auto now = Clock::now();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    const auto first = timers_.begin();
    const Fn fn = std::move(first->second);
    when_.erase(first->first.second);
    timers_.erase(first);
    fn();
  }
  arm();
}

void Reactor::run_posted() {
  drain(wake_.get());
  std::vector<Fn> todo;
  {
    std::lock_guard lock(mutex_);
    todo.swap(posted_);
  }
  for (const Fn& fn : todo) fn();
}

void Reactor::post(Fn fn) {
  {
    std::lock_guard lock(mutex_);
    posted_.push_back(std::move(fn));
  }
  const std::uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof one);  // full means it is awake already
}

void Reactor::call(const Fn& fn) {
  std::promise<void> done;
  post([&] {
    fn();
    done.set_value();
  });
  done.get_future().wait();
}

void Reactor::stop() {
  post([this] { stopping_ = true; });
}

void Reactor::run() {
  std::array<epoll_event, kBatch> events;
  while (!stopping_) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), kBatch, -1);
    for (int n = 0; n < count; ++n) {
      const std::uint64_t data = events[static_cast<std::size_t>(n)].data.u64;
      const auto at = watches_.find(static_cast<int>(data & 0xffffffff));
      // Another descriptor may have got the number earlier in this batch.
      if (at == watches_.end() || at->second.generation != data >> 32) continue;
      const auto fn = at->second.fn;  // it may forget itself
      (*fn)();
    }
  }
}

}  // namespace drydock::netns::dns
