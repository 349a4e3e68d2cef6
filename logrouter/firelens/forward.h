#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "logrouter/driver.h"

namespace drydock::logrouter {

// Entries of one container as messages of the Fluent Forward protocol, with the records that
// Fargate's log driver makes of them (firelens-and-lifecycle.md A7, A10): PackedForward, a message
// a batch.
class ForwardEncoder {
 public:
  // "<container>-firelens-<task id>".
  explicit ForwardEncoder(const LogSource& source);

  // With a chunk the receiver is asked to acknowledge it. Empty when the batch holds gaps only.
  std::string message(const Batch& batch, const std::string& chunk);
  const std::string& tag() const { return tag_; }

 private:
  void entry(const Entry& entry);
  void record(const Entry& entry, std::string_view piece, bool last);

  // A line that goes on in the next entry of its stream.
  struct Unfinished {
    std::string id;  // 64 hex digits
    std::uint64_t ordinal = 0;
    Time time{};
  };
  std::string tag_;
  std::string name_;                      // for the ids of split lines
  std::array<std::string, 2> begin_;      // a record's first members, by stream
  std::array<Unfinished, 2> unfinished_;  // by stream
  std::string entries_;
  std::uint64_t count_ = 0;
};

}  // namespace drydock::logrouter
