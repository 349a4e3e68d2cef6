#pragma once
#include <termios.h>

#include <optional>

#include "base/frames.h"

namespace drydock::cli {

// A terminal whose keys go to somebody else as they are pressed, for as long as this lives.
class RawTerminal {
 public:
  explicit RawTerminal(int fd);
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  int fd_;
  std::optional<termios> before_;
};

// The size of the terminal `fd`; zeros when it is none.
frames::Size terminal_size(int fd);

}  // namespace drydock::cli
