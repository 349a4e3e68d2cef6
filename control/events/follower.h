#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "control/events/log.h"

namespace drydock::control::events {

// What came of handing an event over.
struct Delivery {
  enum class End { kTaken, kRefused, kAgain };  // kRefused: it would be refused for ever
  End end = End::kTaken;
  std::string problem;
};

// Hands the events of the log to one who takes them, in order, each at least once: how far it got
// is a document of the store. It has a thread, which waits for what is slow; nobody waits for it.
// What is not taken is tried again after 0.1, 0.2, 0.4 s and so on, up to `longest`.
class Follower {
 public:
  struct Options {
    std::string name;     // in messages: "events.webhook http://127.0.0.1:8080/events"
    std::string key;      // of the document that says how far it got
    std::uint64_t begin;  // where one without a document begins
    Duration first_delay = std::chrono::milliseconds(100);
    Duration longest = std::chrono::seconds(30);
  };
  using Deliver = std::function<Delivery(const Logged&)>;

  // `begin` is the place of the earlier daemon's follower, when it had one.
  Follower(EventLog& log, Store& store, Options options, Deliver deliver);
  ~Follower();  // what was not delivered is for the next one
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

 private:
  void work();
  bool hand_over(const Logged& event);
  bool wait_for_event(std::uint64_t sequence);
  bool wait(Duration delay);

  // What the log's watch may still touch when this is gone.
  struct Bell {
    std::mutex mutex;
    std::condition_variable rung;
    bool ending = false;
  };

  EventLog& log_;
  Store& store_;
  Options options_;
  Deliver deliver_;
  std::atomic<bool> ending_{false};
  std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
  int watch_ = 0;
  std::thread thread_;
};

// How far followers of earlier daemons got, by key.
Result<std::map<std::string, std::uint64_t>> followed(Store& store);

}  // namespace drydock::control::events
