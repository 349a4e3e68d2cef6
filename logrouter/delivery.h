#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "logrouter/checkpoint.h"
#include "logrouter/pump.h"
#include "logrouter/reader.h"

namespace drydock::logrouter {

// One journal on its way to one destination. On the pump's thread.
class Delivery : public std::enable_shared_from_this<Delivery> {
 public:
  struct Hooks {
    std::function<void()> wake;     // turn() has something to do
    std::function<void()> unsaved;  // save() soon
    std::function<void()> ended;    // all delivered, or given up
    std::function<void()> waits;    // its destination does not take it at the moment
    std::function<void(const std::string&)> tell;
  };
  Delivery(const DriverRoom& room, Pump::Job job, Hooks hooks);

  // Finds its place and makes the destination.
  Status begin();
  // Hands at most one batch over. True: there may be another at once.
  bool turn();
  void finish();
  void unfinish();  // the container begins again
  void abandon();
  void save();
  DeliveryView view() const;
  const Pump::Job& job() const { return job_; }
  bool ended() const { return ended_; }
  bool stuck() const { return !trouble_.empty(); }
  std::uint64_t delivered() const { return delivered_; }

 private:
  struct InFlight {
    std::uint64_t number;
    Position after;
    std::size_t entries;
  };
  Status read_from(const Position& position, bool follow);
  bool gather();
  void hand_over();
  void answered(std::uint64_t number, const Answer& answer);
  void pass(std::size_t entries);
  void go_back(std::size_t skip);
  void wait(const Answer& answer);
  void end();
  void trouble(const std::string& reason);
  std::string name() const { return job_.source.task_id + "/" + job_.source.container; }

  DriverRoom room_;
  Pump::Job job_;
  Hooks hooks_;
  Destination::Appetite appetite_;
  std::optional<Checkpoint> checkpoint_;
  std::optional<JournalReader> reader_;
  std::shared_ptr<Batch> batch_;  // being gathered
  Loop::Handle gather_timer_, retry_timer_;
  std::deque<InFlight> in_flight_;
  Position accepted_;
  std::uint64_t next_number_ = 0;
  std::uint64_t delivered_ = 0, refused_ = 0;
  int tries_ = 0;
  std::string trouble_;
  bool told_ = false;  // of the trouble
  bool gather_due_ = false;
  bool unsaved_ = false;
  bool following_ = true;
  bool finished_ = false;
  bool ended_ = false;
  std::unique_ptr<Destination> destination_;  // goes first: it may hold answers to this
};

}  // namespace drydock::logrouter
