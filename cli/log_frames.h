#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/output.h"

// The daemon's log stream (api/local/README.md) on its way to the terminal.
namespace drydock::cli {

// Takes the stream in pieces of any size. A line's bytes are passed on as they come, so a line may
// be of any length and hold any bytes.
class FrameDecoder {
 public:
  struct Sink {
    std::function<void(std::string_view container, bool is_stderr, std::string_view time)> begin;
    std::function<void(std::string_view bytes)> bytes;
    std::function<void()> end;
  };
  explicit FrameDecoder(Sink sink) : sink_(std::move(sink)) {}
  // kInvalid, once and for all, when it is not such a stream.
  Status feed(std::string_view data);
  // True between two frames: the stream may end here.
  bool at_boundary() const { return state_ == State::kHeader && header_.empty(); }

 private:
  enum class State { kHeader, kBytes, kLineFeed };
  Status read_header();
  Sink sink_;
  State state_ = State::kHeader;
  std::string header_;
  std::size_t remaining_ = 0;
};

struct LogStyle {
  bool prefix = true;
  bool timestamps = false;
  bool colour = false;
  std::string task;  // put before the container's name, as "3f2a61d0/", when several tasks write
};

// Prints each line as "<container> | <line>"; lines reach the output whole, except such as are
// longer than 1 MiB.
class LogPrinter {
 public:
  LogPrinter(Output& out, LogStyle style);
  // False when the reader of the output has gone; an error when the stream is damaged.
  Result<bool> feed(std::string_view data);
  // Writes what is left of a line that was cut.
  void finish();

 private:
  Output& out_;
  LogStyle style_;
  std::string pending_;       // complete lines, then the beginning of one
  std::size_t complete_ = 0;  // bytes of `pending_` that are complete lines
  FrameDecoder decoder_;
};

}  // namespace drydock::cli
