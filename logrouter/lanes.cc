#include "logrouter/lanes.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace drydock::logrouter {

struct Lanes::State {
  struct Lane {
    std::deque<std::function<void()>> waiting;
    int running = 0;
  };

  explicit State(const Limits& given) : limits(given) {}

  // The lane after the one that was served last which has work and may have a thread.
  std::map<std::string, Lane>::iterator eligible() {
    auto at = lanes.upper_bound(last);
    for (std::size_t i = 0; i < lanes.size(); ++i, ++at) {
      if (at == lanes.end()) at = lanes.begin();
      if (!at->second.waiting.empty() && at->second.running < limits.each) return at;
    }
    return lanes.end();
  }

  void serve(std::map<std::string, Lane>::iterator lane, std::unique_lock<std::mutex>& lock) {
    const std::string address = last = lane->first;
    auto work = std::move(lane->second.waiting.front());
    lane->second.waiting.pop_front();
    ++lane->second.running;
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
    lane = lanes.find(address);
    if (--lane->second.running == 0 && lane->second.waiting.empty()) lanes.erase(lane);
  }

  void run(std::list<std::thread>::iterator self) {
    std::unique_lock lock(mutex);
    while (!ending) {
      if (auto lane = eligible(); lane != lanes.end()) {
        serve(lane, lock);
        continue;
      }
      ++idle;
      const bool called = news.wait_for(lock, std::chrono::seconds(limits.idle_s),
                                        [this] { return ending || eligible() != lanes.end(); });
      --idle;
      if (!called) break;
    }
    if (!ending) ended.splice(ended.end(), threads, self);
  }

  void post(const std::string& address, std::function<void()> work) {
    const std::lock_guard lock(mutex);
    for (std::thread& one : ended) one.join();
    ended.clear();
    lanes[address].waiting.push_back(std::move(work));
    if (idle > 0) news.notify_one();
    // One that idles takes one piece of work, whoever called it.
    if (wanted() <= idle || static_cast<int>(threads.size()) >= limits.all) return;
    threads.emplace_front();
    try {
      threads.front() = std::thread([this, self = threads.begin()] { run(self); });
    } catch (const std::system_error&) {  // no thread is to be had: it waits for those there are
      threads.pop_front();
    }
  }

  // How many threads could begin something now.
  int wanted() const {
    int n = 0;
    for (const auto& [address, lane] : lanes)
      n += std::min(static_cast<int>(lane.waiting.size()), limits.each - lane.running);
    return n;
  }

  void end() {
    {
      const std::lock_guard lock(mutex);
      ending = true;
    }
    news.notify_all();
    for (auto* list : {&threads, &ended})
      for (std::thread& one : *list) one.join();
  }

  const Limits limits;
  std::mutex mutex;
  std::condition_variable news;
  std::map<std::string, Lane> lanes;
  std::list<std::thread> threads, ended;
  std::string last;
  int idle = 0;
  bool ending = false;
};

Lanes::Lanes(const Limits& limits) : state_(std::make_unique<State>(limits)) {}
Lanes::~Lanes() { state_->end(); }
void Lanes::post(const std::string& address, std::function<void()> work) {
  state_->post(address, std::move(work));
}

}  // namespace drydock::logrouter
