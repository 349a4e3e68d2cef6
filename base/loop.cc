#include "base/loop.h"

#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

namespace drydock {
namespace asio = boost::asio;
using boost::system::error_code;

struct Loop::State {
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
};

struct Loop::Handle::Impl {
  explicit Impl(asio::io_context& io) : timer(io), descriptor(io) {}
  asio::steady_timer timer;
  asio::posix::stream_descriptor descriptor;
  std::function<void()> fn;
  asio::posix::stream_descriptor::wait_type what = asio::posix::stream_descriptor::wait_read;
  bool cancelled = false;

  static void watch(const std::shared_ptr<Impl>& self) {
    self->descriptor.async_wait(self->what, [self](error_code ec) {
      if (ec || self->cancelled) return;
      const auto fn = self->fn;  // `fn` may destroy the handle, and with it the function
      fn();
      if (!self->cancelled) watch(self);
    });
  }
};

Loop::Loop() : state_(std::make_unique<State>()) {}
Loop::~Loop() = default;

Loop::Handle& Loop::Handle::operator=(Handle&& other) noexcept {
  if (this != &other) {
    cancel();
    impl_ = std::move(other.impl_);
  }
  return *this;
}

void Loop::Handle::cancel() {
  const auto impl = std::exchange(impl_, nullptr);
  if (!impl) return;
  impl->cancelled = true;
  error_code ignored;
  impl->timer.cancel(ignored);
  if (impl->descriptor.is_open()) impl->descriptor.release();  // the caller owns the descriptor
  impl->fn = nullptr;
}

void Loop::post(std::function<void()> fn) { asio::post(state_->io, std::move(fn)); }

Loop::Handle Loop::after(Duration delay, std::function<void()> fn) {
  auto impl = std::make_shared<Handle::Impl>(state_->io);
  impl->fn = std::move(fn);
  impl->timer.expires_after(std::chrono::duration_cast<asio::steady_timer::duration>(delay));
  impl->timer.async_wait([impl](error_code ec) {
    if (ec || impl->cancelled) return;
    const auto due = std::exchange(impl->fn, nullptr);
    due();
  });
  return Handle(std::move(impl));
}

Loop::Handle Loop::readable(int fd, std::function<void()> fn) {
  auto impl = std::make_shared<Handle::Impl>(state_->io);
  impl->fn = std::move(fn);
  impl->descriptor.assign(fd);
  Handle::Impl::watch(impl);
  return Handle(std::move(impl));
}

Loop::Handle Loop::writable(int fd, std::function<void()> fn) {
  auto impl = std::make_shared<Handle::Impl>(state_->io);
  impl->fn = std::move(fn);
  impl->what = asio::posix::stream_descriptor::wait_write;
  impl->descriptor.assign(fd);
  Handle::Impl::watch(impl);
  return Handle(std::move(impl));
}

void Loop::run() { state_->io.run(); }
void Loop::stop() { state_->io.stop(); }

struct WorkerPool::State {
  explicit State(int threads) : pool(static_cast<std::size_t>(threads)) {}
  asio::thread_pool pool;
};

WorkerPool::WorkerPool(int threads) : state_(std::make_unique<State>(threads)) {}
WorkerPool::~WorkerPool() {
  state_->pool.stop();
  state_->pool.join();
}
void WorkerPool::post(std::function<void()> fn) { asio::post(state_->pool, std::move(fn)); }

}  // namespace drydock
