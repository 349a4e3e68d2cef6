#pragma once
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "logrouter/driver.h"
#include "logrouter/firelens/forward.h"

namespace drydock::logrouter {

// Driver awsfirelens: sends to the task's router over its socket. A chunk counts as accepted when
// the router acknowledges it (Fluent Bit does). A router that acknowledges nothing (Fluentd's unix
// input) has accepted what it has read.
class RouterSender final : public Destination {
 public:
  static Result<std::unique_ptr<Destination>> make(const DriverRoom& room, const LogSource& source);
  RouterSender(const DriverRoom& room, const LogSource& source);

  void deliver(std::shared_ptr<const Batch> batch, Done done) override;
  Appetite appetite() const override;

 private:
  struct Chunk {
    std::string id;
    std::string data;  // not sent yet from `sent` on; freed when all is
    std::size_t sent = 0;
    bool whole = false;  // all of it is sent
    Done done;
  };
  std::string chunk_id(std::uint64_t number) const;
  bool was_presumed(std::string_view id) const;
  Status connect();
  void send();
  void receive();
  void wait_for_reading();
  void accepted();
  void lost(const std::string& reason);

  DriverRoom room_;
  ForwardEncoder encoder_;
  std::string folder_;
  std::string session_;  // begins the ids of chunks
  std::uint64_t next_chunk_ = 0;
  std::deque<Chunk> chunks_;
  std::string answer_;  // of the router, not whole yet
  UniqueFd socket_, writing_;
  Loop::Handle on_answer_, on_room_, reading_timer_;
  int quiet_looks_ = 0;   // since the router has read all and said nothing
  bool may_acknowledge_;  // no router of type fluentd
  bool acknowledges_;     // it did, or it is the built-in router
  bool was_connected_ = false;
  bool presumes_ = false;  // it did not for long: what it has read counts as accepted until it does
};

}  // namespace drydock::logrouter
