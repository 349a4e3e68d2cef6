#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "logrouter/journal_format.h"

namespace drydock::logrouter {

struct JournalOptions {
  std::uint64_t segment_bytes =
      8u << 20;  // a new segment is begun when the next batch would make it larger
  std::uint64_t total_bytes = 64u << 20;  // above this the oldest segments are deleted
  // A destination must have them first: its checkpoint (checkpoint.h). Empty: none.
  std::string checkpoint = {};
};

// Appends what a container writes to its journal (format: journal_format.h). Lives in the shim: one
// thread, no JSON, about 130 KiB of memory while busy. There is one writer a journal at a time (the
// shim's lock sees to it).
//
// Lines gather in a buffer that flush() hands to the kernel in one write. No function here blocks
// for space or fails for the lack of it: on a full disk the file is cut back to its last whole
// record, the oldest segment is given up, and when there is none the new lines are dropped; a gap
// record tells how many, as soon as there is space again. With a checkpoint nothing is given up
// that was not delivered: full() then says that no more should be read from the container, and what
// could not be written waits for the next flush (decision 26).
class JournalWriter {
 public:
  // Opens or begins the journal in `folder`, which is made when absent. A torn record that a killed
  // writer left is cut off. Only what no later try can mend is an error (a path that is not a
  // folder, no permission).
  static Result<JournalWriter> open(const std::string& folder, const JournalOptions& options);
  JournalWriter(JournalWriter&&) = default;
  JournalWriter& operator=(JournalWriter&&) = default;
  ~JournalWriter() = default;

  // Takes bytes as read from the container's stdout or stderr. A line without its end is kept back
  // (at most limits::kLogLine bytes, then a partial record is made of it). `at` stamps every line
  // that ends in `bytes`.
  void append(Stream stream, Time at, std::string_view bytes);
  // The stream has ended: a line without its end is written as a line.
  void finish(Stream stream, Time at);
  // Hands everything gathered to the kernel.
  void flush(Time at);
  // With a checkpoint: the journal has no room until more of it is delivered, or the disk is full.
  // What is appended all the same is kept, and goes above the cap.
  bool full() const;
  // Part of it: there are records that the disk would not take. Only trying again will tell.
  bool waits_for_disk() const { return stuck_; }
  // What waits for the disk is not kept any longer: the next flush stores it in the place of the
  // oldest segments, delivered or not, as far as it has to; what has no place even so is dropped
  // and counted.
  void give_up() { gave_up_ = true; }

  // Where the next record will begin.
  std::uint64_t offset() const { return base_ + size_ + out_size_; }
  // Lines dropped and not yet told of by a gap record.
  std::uint64_t dropped_lines() const { return dropped_lines_; }

 private:
  JournalWriter(std::string folder, UniqueFd dir, const JournalOptions& options);
  Status reopen();
  void record(std::string_view prefix, std::string_view head, std::string_view tail, char tag);
  bool begin_segment(Time at);
  void close_segment(std::uint64_t torn);
  std::size_t write_out(std::string_view data, bool are_lines);
  bool waits() const { return !options_.checkpoint.empty() && !gave_up_; }
  bool oldest_is_delivered() const;
  void delete_oldest();
  void keep_total();
  void not_stored(std::string_view records);
  void resize_out(std::size_t room);

  struct Closed {
    std::uint64_t base;
    std::uint64_t size;
  };

  std::string folder_;
  UniqueFd dir_;
  JournalOptions options_;
  UniqueFd segment_;
  std::deque<Closed> closed_;
  std::uint64_t base_ = 0;   // of the open segment, or of the next one when none is open
  std::uint64_t size_ = 0;   // of the open segment
  std::uint64_t lines_ = 0;  // whole lines in the journal before offset base_ + size_
  std::uint64_t dropped_lines_ = 0;
  std::uint64_t dropped_bytes_ = 0;
  bool gap_due_ = false;
  bool gave_up_ = false;
  bool stuck_ = false;  // out_ holds what the disk would not take
  std::unique_ptr<char[]> out_;
  std::size_t out_size_ = 0;
  std::size_t out_room_ = 0;
  std::array<std::string, 2> held_;  // lines without their end, by stream
  std::array<char, kLineHead> prefix_{};
  Time prefix_time_{};
};

}  // namespace drydock::logrouter
