#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

namespace drydock::metadata {

// How much of its ephemeral storage a task uses, counted file by file when somebody asks, at most
// once in ten seconds. The first answer counts a few thousand files at once; where there are more,
// the whole is counted beside and shows in later answers. Thread-safe.
class StorageMeter {
 public:
  struct Count {
    std::uint64_t bytes = 0;
    bool complete = true;  // false: there are more files than were looked at
  };
  // Counts what the task's folders hold, looking at so many files at most.
  using Counter = std::function<Count(std::size_t most)>;
  // Has it done by a thread that may wait.
  using Background = std::function<void(std::function<void()>)>;
  using TimePoint = std::chrono::steady_clock::time_point;

  StorageMeter(Counter counter, Background background);
  // In MiB, as it was when it was last counted.
  std::int64_t utilized_mib(TimePoint now);

 private:
  struct State;
  Background background_;
  std::shared_ptr<State> state_;  // a count that is on its way may outlive the meter
};

}  // namespace drydock::metadata
