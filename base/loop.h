#pragma once
#include <functional>
#include <future>
#include <memory>

#include "base/clock.h"

namespace drydock {

// One thread's event loop (Boost.Asio inside): posted functions, timers and readable descriptors,
// all run on the thread that called run(). post() and call() may be used from any thread;
// everything else on the loop's own.
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // A pending timer or watch; destroying it (on the loop's thread) cancels, and the function is not
  // called after that.
  class Handle {
   public:
    struct Impl;
    Handle() = default;
    explicit Handle(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
    Handle(Handle&& other) noexcept = default;
    Handle& operator=(Handle&& other) noexcept;
    ~Handle() { cancel(); }
    void cancel();
    explicit operator bool() const { return impl_ != nullptr; }

   private:
    std::shared_ptr<Impl> impl_;
  };

  // Runs `fn` soon, in the order of the posts.
  void post(std::function<void()> fn);
  // Runs `fn` on the loop and gives back what it returned; never from the loop's own thread.
  template <class F>
  auto call(F fn) -> decltype(fn()) {
    using R = decltype(fn());
    auto task = std::make_shared<std::packaged_task<R()>>(std::move(fn));
    auto result = task->get_future();
    post([task] { (*task)(); });
    return result.get();
  }
  // Runs `fn` once after `delay`.
  [[nodiscard]] Handle after(Duration delay, std::function<void()> fn);
  // Runs `fn` each time `fd` is readable (level-triggered: `fn` must read). The caller keeps `fd`
  // open.
  [[nodiscard]] Handle readable(int fd, std::function<void()> fn);
  // The same while `fd` can be written to. A descriptor has one watch: to wait for both, watch a
  // duplicate.
  [[nodiscard]] Handle writable(int fd, std::function<void()> fn);

  void run();   // until stop()
  void stop();  // from any thread

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A few threads for work that blocks (pull, mount, netlink, nft). Results come back by Loop::post.
class WorkerPool {
 public:
  explicit WorkerPool(int threads);
  ~WorkerPool();  // waits for what was begun, drops what was not
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  void post(std::function<void()> fn);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace drydock
