#include "logrouter/pump.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <list>
#include <map>
#include <thread>
#include <unordered_map>

#include "base/files.h"
#include "logrouter/delivery.h"

namespace drydock::logrouter {
namespace {

constexpr int kTurns = 16;                       // batches between two looks at the sockets
constexpr std::chrono::milliseconds kRest{10};   // between two looks at the journals
constexpr std::chrono::milliseconds kSave{200};  // how much comes twice after a kill -9

class LogPump final : public Pump {
 public:
  explicit LogPump(Options options) : tell_(std::move(options.tell)), room_{&loop_, &lanes_} {
    if (!tell_) tell_ = [](const std::string&, const std::string&) {};
  }

  Status open() {
    watch_.reset(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!watch_) return fail_errno("watch journals (fs.inotify.max_user_instances may be too low)");
    listen();
    thread_ = std::thread([this] { loop_.run(); });
    return {};
  }

  ~LogPump() override {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
    for (auto& [key, delivery] : deliveries_) delivery->save();
  }

  void add(Job job) override {
    loop_.post([this, job = std::move(job)]() mutable { add_here(std::move(job)); });
  }

  void finish(const std::string& task_id, const std::string& container) override {
    loop_.post([this, task_id, container] {
      for (auto& [key, d] : deliveries_)
        if (d->job().source.task_id == task_id && d->job().source.container == container)
          d->finish();
    });
  }

  void abandon(const std::string& task_id, const std::string& destination) override {
    loop_.post([this, task_id, destination] {
      std::vector<std::shared_ptr<Delivery>> given_up;
      for (auto& [key, d] : deliveries_)
        if (concerns(*d, task_id, destination)) given_up.push_back(d);
      for (const auto& d : given_up) d->abandon();
    });
  }

  void when_drained(const std::string& task_id, const std::string& destination,
                    const Patience& patience, std::function<void()> done) override {
    loop_.post([this, task_id, destination, patience, done = std::move(done)]() mutable {
      wait_for({task_id, destination, false, patience, std::move(done)});
    });
  }

  void when_settled(const std::string& task_id, const Patience& patience,
                    std::function<void(std::vector<std::string>)> done) override {
    loop_.post([this, task_id, patience, done = std::move(done)] {
      wait_for({task_id, "", true, patience, [this, task_id, done] {
                  std::vector<std::string> all;
                  for (const auto& [key, d] : deliveries_)
                    if (concerns(*d, task_id, "") && !d->ended())
                      if (std::string text = undelivered(d->view()); !text.empty())
                        all.push_back(std::move(text));
                  done(std::move(all));
                }});
    });
  }

  std::vector<DeliveryView> report() override {
    return loop_.call([this] {
      std::vector<DeliveryView> views;
      for (const auto& [key, d] : deliveries_) views.push_back(d->view());
      return views;
    });
  }

 private:
  struct Waiter {
    std::string task_id, destination;
    bool or_stuck = false;  // trouble is an end, too
    Patience patience;
    std::function<void()> done;
    Time until{};
    std::uint64_t delivered = 0;  // when it was last looked at
    Loop::Handle timer = {};
  };

  static bool concerns(const Delivery& d, const std::string& task_id,
                       const std::string& destination) {
    return d.job().source.task_id == task_id &&
           (destination.empty() || d.job().destination == destination);
  }

  void add_here(Job job) {
    const std::string key = job.source.journal + "\n" + job.destination;
    if (auto at = deliveries_.find(key); at != deliveries_.end() && !at->second->ended())
      return at->second->unfinish();
    const std::string name = job.source.task_id + "/" + job.source.container;
    const std::string folder = job.source.journal;
    const std::string task_id = job.source.task_id;
    auto trouble = [&](const Error& e) { tell_(task_id, "log of " + name + ": " + e.message); };
    if (auto made = make_dirs(folder); !made) return trouble(made.error());
    Delivery::Hooks hooks;
    hooks.wake = [this, key] { wake(key); };
    hooks.unsaved = [this] { save_soon(); };
    hooks.ended = [this, key] { ended(key); };
    hooks.waits = [this] { loop_.post([this] { settle_drained(); }); };
    hooks.tell = [this, task_id](const std::string& text) { tell_(task_id, text); };
    auto delivery = std::make_shared<Delivery>(room_, std::move(job), std::move(hooks));
    deliveries_[key] = delivery;
    const int wd =
        ::inotify_add_watch(watch_.get(), folder.c_str(), IN_MODIFY | IN_CREATE | IN_ONLYDIR);
    if (wd < 0) {
      trouble(fail_errno("watch the journal " + folder).value());
      return delivery->abandon();
    }
    auto& keys = watched_[wd];
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
    if (auto begun = delivery->begin(); !begun) {
      trouble(begun.error());
      return delivery->abandon();
    }
    wake(key);
  }

  // ---- journals that grow ----
  void listen() {
    on_watch_ = loop_.readable(watch_.get(), [this] {
      look();
      // Whoever writes all the time is read in pieces of this length, not line by line.
      on_watch_.cancel();
      rest_ = loop_.after(kRest, [this] { listen(); });
    });
  }

  void look() {
    alignas(inotify_event) std::array<char, 64u << 10> events;
    for (;;) {
      const ssize_t n = ::read(watch_.get(), events.data(), events.size());
      if (n <= 0) return;
      for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(n);) {
        inotify_event event{};
        std::memcpy(&event, events.data() + at, sizeof event);
        const std::string_view name(events.data() + at + sizeof event);
        at += sizeof event + event.len;
        if (event.mask & IN_Q_OVERFLOW) {
          for (const auto& [key, d] : deliveries_) wake(key);
        } else if (name.ends_with(".log")) {  // not our own checkpoints
          if (auto w = watched_.find(event.wd); w != watched_.end())
            for (const std::string& key : w->second) wake(key);
        }
      }
    }
  }

  // ---- who is next ----
  void wake(const std::string& key) {
    auto at = deliveries_.find(key);
    if (at == deliveries_.end()) return;
    for (const auto& waiting : queue_)
      if (waiting == at->second) return;
    queue_.push_back(at->second);
    if (!std::exchange(running_, true)) loop_.post([this] { run(); });
  }

  // Everyone in turn gets one batch off.
  void run() {
    for (int i = 0; i < kTurns && !queue_.empty(); ++i) {
      const std::shared_ptr<Delivery> next = std::move(queue_.front());
      queue_.pop_front();
      if (next->turn()) queue_.push_back(next);
    }
    running_ = !queue_.empty();
    if (running_) loop_.post([this] { run(); });
  }

  void save_soon() {
    if (save_timer_) return;
    save_timer_ = loop_.after(kSave, [this] {
      save_timer_.cancel();
      for (auto& [key, d] : deliveries_) d->save();
    });
  }

  // ---- ends ----
  // Called out of a delivery's own function: it goes when that has returned.
  void ended(const std::string& key) {
    loop_.post([this, key] {
      auto at = deliveries_.find(key);
      if (at == deliveries_.end() || !at->second->ended()) return;
      deliveries_.erase(at);
      for (auto w = watched_.begin(); w != watched_.end();) {
        std::erase(w->second, key);
        if (w->second.empty()) {
          ::inotify_rm_watch(watch_.get(), w->first);
          w = watched_.erase(w);
        } else {
          ++w;
        }
      }
      settle_drained();
    });
  }

  void wait_for(Waiter waiter) {
    Waiter& w = waiters_.emplace_back(std::move(waiter));
    w.until = now() + w.patience.at_most;
    wait_on(w);
    settle_drained();
  }

  // The waiter stays where it is in the list until it is settled.
  void wait_on(Waiter& w) {
    w.delivered = delivered(w);
    w.timer = loop_.after(std::min(w.patience.without_progress, w.patience.at_most), [this, &w] {
      if (delivered(w) > w.delivered && now() < w.until) return wait_on(w);
      settle([&w](const Waiter& x) { return &x == &w; });
    });
  }

  std::uint64_t delivered(const Waiter& w) const {
    std::uint64_t entries = 0;
    for (const auto& [key, d] : deliveries_)
      if (concerns(*d, w.task_id, w.destination)) entries += d->delivered();
    return entries;
  }

  void settle_drained() {
    settle([this](const Waiter& w) {
      for (const auto& [key, d] : deliveries_)
        if (concerns(*d, w.task_id, w.destination) && !(w.or_stuck && d->stuck())) return false;
      return true;
    });
  }

  template <class Which>
  void settle(Which which) {
    std::vector<std::function<void()>> due;
    for (auto w = waiters_.begin(); w != waiters_.end();) {
      if (!which(*w)) {
        ++w;
        continue;
      }
      due.push_back(std::move(w->done));
      w = waiters_.erase(w);
    }
    for (const auto& done : due) done();
  }

  std::function<void(const std::string&, const std::string&)> tell_;
  Loop loop_;
  Lanes lanes_;
  DriverRoom room_;
  UniqueFd watch_;
  Loop::Handle on_watch_, rest_, save_timer_;
  std::map<std::string, std::shared_ptr<Delivery>> deliveries_;  // by journal and destination
  std::unordered_map<int, std::vector<std::string>> watched_;    // watch -> deliveries
  std::deque<std::shared_ptr<Delivery>> queue_;
  std::list<Waiter> waiters_;
  bool running_ = false;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Pump>> Pump::start(Options options) {
  auto pump = std::make_unique<LogPump>(std::move(options));
  DRYDOCK_TRY(pump->open());
  return pump;
}

}  // namespace drydock::logrouter
