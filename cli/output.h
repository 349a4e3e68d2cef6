#pragma once
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::cli {

// Standard output or standard error. What is given in one call is written at once and not mixed
// with what other threads write. Nothing is buffered.
class Output {
 public:
  explicit Output(int fd);
  // False once the reader has gone away; later calls write nothing.
  bool write(std::string_view text);
  bool line(std::string_view text) { return write(std::string(text) + "\n"); }
  bool terminal() const { return terminal_; }
  // A terminal that takes colours, and NO_COLOR is not set.
  bool colour() const { return colour_; }
  bool gone() const;

 private:
  int fd_;
  bool terminal_;
  bool colour_;
  mutable std::mutex mutex_;
  bool gone_ = false;
};

// A table with a header; columns are as wide as their widest cell, the last is not padded.
std::string table(const std::vector<std::vector<std::string>>& rows);

// "1.2 MB", as image lists show sizes.
std::string human_size(double bytes);
// "3 minutes ago" for an age in seconds.
std::string human_age(double seconds);
// At most `width` characters; a longer text ends in "…".
std::string shortened(std::string_view text, std::size_t width);

}  // namespace drydock::cli
