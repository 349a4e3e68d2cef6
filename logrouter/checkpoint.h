#pragma once
#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "logrouter/reader.h"

namespace drydock::logrouter {

// Up to where a journal was delivered to one destination. A small file beside the journal's
// segments, written in place (two slots in turn, each with a check sum): a killed writer leaves the
// place before, a full disk does not matter, and whoever waits for it to move (a shim whose journal
// is full, decision 26) sees it by inotify.
class Checkpoint {
 public:
  // "<journal>/delivered.<destination>".
  static std::string file(const std::string& journal, const std::string& destination);

  // Opens or makes it.
  static Result<Checkpoint> open(const std::string& path);
  // Where to go on; nullopt for a new one.
  std::optional<Position> position() const { return position_; }
  Status save(const Position& position);

  // What the file at `path` says, for readers only; nullopt when there is none or it is damaged.
  static std::optional<Position> read(const std::string& path);
  // Says that nobody delivers any more: everything in the journal may go.
  static inline constexpr Position kReleased{~std::uint64_t{0} >> 1, 0};

 private:
  explicit Checkpoint(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
  std::optional<Position> position_;
  int slot_ = 0;  // the one to write next
};

}  // namespace drydock::logrouter
