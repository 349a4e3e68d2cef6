#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"
#include "base/result.h"
#include "logrouter/driver.h"

namespace drydock::logrouter {

// How one delivery stands.
struct DeliveryView {
  std::string task_id, container, destination;
  std::uint64_t delivered = 0;  // entries, since this daemon began
  std::uint64_t refused = 0;    // entries that the destination will never take
  std::uint64_t behind = 0;     // bytes of the journal that wait
  std::string trouble;          // why it does not go on at the moment; empty: it does
  bool finished = false;        // the container has ended; what is left is still delivered
};

// "container app: splunk has not taken 512 bytes of its log yet (...)"; empty when nothing waits.
// Pure.
std::string undelivered(const DeliveryView& delivery);

// Delivers journals to destinations: one thread for all (decision 15), which reads a journal when
// it grows, hands batches over, and remembers what was accepted (checkpoint.h). So every entry
// arrives at least once, in order, whoever is killed in between; a destination that is slow, down
// or gone holds up nothing but its own journal.
//
// All functions may be called from any thread and wait for nobody, but report().
class Pump {
 public:
  struct Options {
    // What a person should hear of: trouble that begins and ends, entries that nobody gets. Called
    // on the pump's thread.
    std::function<void(const std::string& task_id, const std::string& text)> tell;
  };
  struct Job {
    LogSource source;
    std::string destination;  // names the checkpoint; one delivery a journal and destination
    MakeDestination make;
  };

  static Result<std::unique_ptr<Pump>> start(Options options);
  // Ends at once: what was not delivered comes with the next daemon.
  virtual ~Pump() = default;

  // Begins where the checkpoint says, or at the journal's begin. A job that is known goes on (its
  // container was restarted in place).
  virtual void add(Job job) = 0;
  // The container has ended, its journal is whole: the delivery ends when all is accepted.
  virtual void finish(const std::string& task_id, const std::string& container) = 0;
  // Nobody will take the rest (the router has ended for good), or the journal goes: no delivery of
  // this task to `destination` (empty: to any) goes on, now or with a later daemon.
  virtual void abandon(const std::string& task_id, const std::string& destination) = 0;
  // How long the end of deliveries is waited for: as long as they get on, and not for ever. A
  // router that has just been started may take its time on a slow machine.
  struct Patience {
    Duration without_progress = std::chrono::seconds(30);
    Duration at_most = std::chrono::minutes(5);
  };
  // Calls `done` (on the pump's thread) when all deliveries of the task to `destination` have
  // ended, or the patience has.
  virtual void when_drained(const std::string& task_id, const std::string& destination,
                            const Patience& patience, std::function<void()> done) = 0;
  // The same when each delivery of the task has ended or does not get on: with what a person should
  // know of those that have not ended, a sentence each.
  virtual void when_settled(const std::string& task_id, const Patience& patience,
                            std::function<void(std::vector<std::string>)> done) = 0;
  // All deliveries that go on. Waits for the pump's thread, which never waits.
  virtual std::vector<DeliveryView> report() = 0;
};

}  // namespace drydock::logrouter
