#pragma once
#include <functional>
#include <memory>

#include "base/http/message.h"
#include "images/image_source.h"

namespace drydock::api::local {

// Threads for pulls and saves, whose answers are streams and may take minutes: one each, a bounded
// number. Thread-safe.
class Transfers {
 public:
  Transfers();
  ~Transfers();  // as stop()
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  // Runs `work` on a thread of its own; its flag is set when the client goes away, or by stop().
  // False when too many run already, or after stop(): nothing was begun.
  using Work = std::function<void(http::StreamWriter&, const images::CancelFlag&)>;
  bool start(std::shared_ptr<http::StreamWriter> writer, Work work);
  // Cancels what runs and waits for it.
  void stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Gives bytes to a client no faster than it takes them. Errors: kCancelled when the client has gone
// or `cancel` is set.
Status write_slowly(http::StreamWriter& writer, std::string_view bytes,
                    const images::CancelFlag& cancel);

}  // namespace drydock::api::local
