#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "router/output.h"

namespace drydock::router {

// Records on their way to one output, written by a thread of its own. What the output does not take
// now stays and is tried again.
class OutputQueue {
 public:
  // `tell` says what a person should know; called on the queue's thread.
  OutputQueue(std::string name, std::unique_ptr<Output> output,
              std::function<void(const std::string&)> tell);
  // Gives up what is still there.
  ~OutputQueue();
  OutputQueue(const OutputQueue&) = delete;
  OutputQueue& operator=(const OutputQueue&) = delete;

  // `done` is called, on the queue's thread, when the output has taken (or refused) all of them.
  void put(LogEvents events, std::function<void()> done);
  // Waits until all is written and flushed, at most so long.
  void drain(Duration at_most);

 private:
  struct Piece {
    LogEvents events;
    std::function<void()> done;
  };
  void work();
  bool write(const LogEvents& events);

  std::string name_;
  std::unique_ptr<Output> output_;
  std::function<void(const std::string&)> tell_;
  std::mutex mutex_;
  std::condition_variable news_, idle_;
  std::deque<Piece> pieces_;
  bool ending_ = false;
  bool draining_ = false;
  bool drained_ = false;
  std::thread thread_;  // last: it uses the rest
};

}  // namespace drydock::router
