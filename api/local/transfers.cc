#include "api/local/transfers.h"

#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

namespace drydock::api::local {
namespace {

constexpr std::size_t kAtOnce = 32;
constexpr std::size_t kPause = 1u << 20;  // bytes the client has yet to take

}  // namespace

struct Transfers::State {
  struct One {
    std::shared_ptr<images::CancelFlag> cancel;
    std::thread thread;
  };
  std::mutex mutex;
  std::list<One> running;
  std::list<One> ended;  // to be joined
  bool stopped = false;
};

Transfers::Transfers() : state_(std::make_shared<State>()) {}
Transfers::~Transfers() { stop(); }

bool Transfers::start(std::shared_ptr<http::StreamWriter> writer, Work work) {
  std::list<State::One> ended;
  {
    std::lock_guard lock(state_->mutex);
    ended.swap(state_->ended);
    if (state_->stopped || state_->running.size() >= kAtOnce) return false;
    auto cancel = std::make_shared<images::CancelFlag>();
    const auto one = state_->running.insert(state_->running.end(), {cancel, {}});
    writer->on_gone([cancel] { cancel->set(); });
    try {
      one->thread = std::thread([state = state_, one, cancel, writer = std::move(writer),
                                 work = std::move(work)]() mutable {
        work(*writer, *cancel);
        writer.reset();
        std::lock_guard done(state->mutex);
        state->ended.splice(state->ended.end(), state->running, one);
      });
    } catch (const std::system_error&) {  // no thread to be had
      state_->running.erase(one);
      return false;
    }
  }
  for (auto& one : ended) one.thread.join();
  return true;
}

void Transfers::stop() {
  std::list<State::One> all;
  for (;;) {
    {
      std::lock_guard lock(state_->mutex);
      state_->stopped = true;
      for (auto& one : state_->running) one.cancel->set();
      // Each moves itself to `ended`, so its thread is taken out and its place left.
      for (auto& one : state_->running)
        if (one.thread.joinable()) all.push_back({nullptr, std::move(one.thread)});
      for (auto& one : state_->ended)
        if (one.thread.joinable()) all.push_back({nullptr, std::move(one.thread)});
    }
    if (all.empty()) return;
    for (auto& one : all) one.thread.join();
    all.clear();
  }
}

Status write_slowly(http::StreamWriter& writer, std::string_view bytes,
                    const images::CancelFlag& cancel) {
  if (writer.pending() > kPause) {
    struct Wait {
      std::mutex mutex;
      std::condition_variable changed;
      bool ready = false;
    };
    auto wait = std::make_shared<Wait>();
    writer.on_writable([wait] {
      std::lock_guard lock(wait->mutex);
      wait->ready = true;
      wait->changed.notify_all();
    });
    std::unique_lock lock(wait->mutex);
    while (!wait->ready && !cancel.is_set())
      wait->changed.wait_for(lock, std::chrono::milliseconds(500));
  }
  if (!cancel.is_set() && writer.write(bytes)) return {};
  return fail(Errc::kCancelled, "the client went away");
}

}  // namespace drydock::api::local
