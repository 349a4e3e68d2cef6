#pragma once
#include <functional>
#include <memory>
#include <string>

namespace drydock::logrouter {

// Threads for deliveries that can only be waited for. What goes to one address has a lane of its
// own with few threads, so a receiver that hangs holds up nobody who sends elsewhere. Threads are
// made when they are needed and end when they are not (docs/decisions/057).
class Lanes {
 public:
  struct Limits {
    int each = 4;    // threads that one address may hold
    int all = 128;   // threads altogether: beyond that, one waits for another's end
    int idle_s = 5;  // a thread without work ends after so many seconds
  };
  explicit Lanes(const Limits& limits);
  Lanes() : Lanes(Limits{}) {}
  ~Lanes();  // waits for what was begun, drops what was not
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  // `work` may wait for the receiver at `address`. Any thread.
  void post(const std::string& address, std::function<void()> work);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace drydock::logrouter
