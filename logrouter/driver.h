#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"
#include "base/result.h"
#include "logrouter/lanes.h"
#include "logrouter/reader.h"
#include "taskdef/model.h"

// What a log driver is: a destination for the entries of one container's journal. The pump (pump.h)
// reads the journal, keeps the place up to which it was delivered, and asks again after trouble.
namespace drydock::logrouter {

// Whose journal it is. Fixed for its life.
struct LogSource {
  std::string task_id;
  std::string task_arn;
  std::string task_definition;  // "family:revision"
  std::string cluster;          // its name
  std::string region, account;
  std::string container;   // its name in the task definition
  std::string runtime_id;  // "<task id>-<10 digits>"
  std::string image;
  std::map<std::string, std::string> labels;       // dockerLabels
  std::vector<taskdef::KeyValue> environment;      // of the definition and the run's overrides
  std::map<std::string, std::string> log_options;  // secretOptions among them, with their values
  std::string driver;                              // logDriver
  std::string journal;                             // its folder
  std::string router_socket;  // awsfirelens: the folder in which the router makes fluent.sock
  std::string router_type;    // awsfirelens: fluentbit, fluentd, builtin
};

// Entries of one journal, in order; never empty. Gaps (Stream::kGap) are among them: a destination
// that has no words for them passes over them.
struct Batch {
  std::vector<Entry> entries;
  std::size_t bytes = 0;  // of their texts
};

// What became of a batch.
struct Answer {
  enum class Kind {
    kAccepted,  // all of it is the destination's now
    kLater,     // not now: it comes again, with all after it
    kHeld,      // `accepted` of it are taken; the rest comes again, with what follows by then
    kRefused,   // will never be taken: passed over, counted, told
  };
  Kind kind = Kind::kAccepted;
  // kLater, kHeld, kRefused: so many entries from the batch's beginning were accepted all the same.
  std::size_t accepted = 0;
  // kRefused: so many entries after those are refused; 0: the batch's rest.
  std::size_t refused = 0;
  std::string reason;  // for people; no credential
  Duration wait{};     // kLater: not before that (Retry-After); 0: as the pump thinks

  static Answer later(std::string reason, std::size_t accepted = 0) {
    return {Kind::kLater, accepted, 0, std::move(reason), {}};
  }
  static Answer refusal(std::string reason) {
    return {Kind::kRefused, 0, 0, std::move(reason), {}};
  }
};

// One container's way to where its lines go. All on the pump's thread, where nothing may wait:
// sockets are non-blocking and watched with Loop, what can only be done by waiting runs in the
// pump's lanes. Connects when there is something to deliver, not before.
class Destination {
 public:
  using Done = std::function<void(Answer)>;
  // Answers that are still due never come (they must not be called after it).
  virtual ~Destination() = default;

  // Takes a batch; `done` is called once, now or later, on the pump's thread. Batches are answered
  // in their order. After kLater, kHeld or kRefused for one, those behind it are given up: their
  // answers are not heard, and they come again.
  virtual void deliver(std::shared_ptr<const Batch> batch, Done done) = 0;

  // How much it likes at once. Bounds the memory: a pump has hundreds of destinations.
  struct Appetite {
    std::size_t bytes = 128u << 10;  // of texts in a batch (one entry may be larger)
    std::size_t entries = 2048;      // in a batch
    std::size_t in_flight = 2;       // batches not yet answered
    Duration gather{};  // wait so long after a first entry for more (0: as soon as possible)
  };
  virtual Appetite appetite() const { return {}; }
};

// What a driver works with besides its source.
struct DriverRoom {
  Loop* loop = nullptr;    // the pump's
  Lanes* lanes = nullptr;  // for what waits
};

// Makes the destination of a source: on the pump's thread, quickly. Its error ends the delivery for
// good, so what can be checked is checked before the container starts.
using MakeDestination =
    std::function<Result<std::unique_ptr<Destination>>(const DriverRoom&, const LogSource&)>;

}  // namespace drydock::logrouter
