#pragma once
#include <thread>

#include "base/loop.h"

namespace drydock::api::local {

// A thread of its own for streams that read files (logs), so that a busy reader never delays the
// engine.
class StreamLoop {
 public:
  StreamLoop() : thread_([this] { loop_.run(); }) {}
  ~StreamLoop() { stop(); }
  // Ends the thread; what is being streamed goes no further. Not from the thread itself.
  void stop() {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
  }
  StreamLoop(const StreamLoop&) = delete;
  StreamLoop& operator=(const StreamLoop&) = delete;
  Loop& loop() { return loop_; }

 private:
  Loop loop_;
  std::thread thread_;
};

}  // namespace drydock::api::local
