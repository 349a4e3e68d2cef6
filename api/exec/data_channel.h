#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/exec/agent_message.h"
#include "base/clock.h"
#include "base/frames.h"

namespace drydock::api::exec {

// The agent's side of one Session Manager data channel: handshake, sequence numbers,
// acknowledgements, sending again. Pure: it is told the time and does no I/O. Whatever it has to
// say and to pass on is gathered in a Turn. What it holds is bounded.
class DataChannel {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kPiece = 8u << 10;  // of output in one message
  static constexpr std::size_t kWindow = 64;       // messages under way
  static constexpr std::size_t kAhead = 64;        // messages that arrived too early
  static constexpr std::size_t kAheadBytes = 1u << 20;
  static constexpr std::chrono::seconds kHandshakeTime{30};
  static constexpr std::chrono::seconds kCloseTime{10};
  static constexpr std::chrono::minutes kIdleTime{20};

  struct Turn {
    std::vector<std::string> send;  // binary messages
    std::string input;              // for the process's terminal
    std::optional<frames::Size> size;
    bool ended = false;  // the client has ended the session, or it broke a rule: hang up
    bool done = false;   // everything is said: the connection can be closed
  };

  DataChannel(std::string session_id, Clock::time_point now);

  // Begins, once the client has shown its token.
  void open(Clock::time_point now, Turn& turn);
  // A message of the client.
  void received(std::string_view bytes, Clock::time_point now, Turn& turn);
  // What the process wrote. Only while there is room.
  void output(std::string_view bytes, Clock::time_point now, Turn& turn);
  // More output may come: the handshake is done, and not too much is under way.
  bool room() const;
  // The process has ended. The client hears of it when it has acknowledged everything before.
  // `why`: a text for it, empty in the ordinary case.
  void close(const std::string& why, Clock::time_point now, Turn& turn);
  // What is due: messages sent again, the client's silence.
  void tick(Clock::time_point now, Turn& turn);
  // When tick() is next needed.
  Clock::time_point next_tick() const;

 private:
  struct Sent {
    std::int64_t sequence;
    std::string bytes;
    Clock::time_point at;
  };
  enum class State { kNew, kHandshake, kOpen, kClosing, kClosed };

  void say(PayloadType type, std::string payload, Clock::time_point now, Turn& turn);
  void acknowledge(const AgentMessage& message, Turn& turn);
  void acknowledged(const AgentMessage& message, Clock::time_point now, Turn& turn);
  void in_order(const AgentMessage& message, Clock::time_point now, Turn& turn);
  void handshake_answered(const AgentMessage& message, Clock::time_point now, Turn& turn);
  void flush(Clock::time_point now, Turn& turn);
  void end(const std::string& why, Turn& turn);

  const std::string session_id_;
  State state_ = State::kNew;
  Clock::time_point begun_, heard_, closing_since_;
  std::string waiting_;  // output for which the window had no room
  std::deque<Sent> under_way_;
  std::int64_t next_sequence_ = 0;
  std::int64_t expected_ = 0;
  std::map<std::int64_t, AgentMessage> ahead_;
  std::size_t ahead_bytes_ = 0;
  std::optional<std::string> why_;  // set by close()
};

}  // namespace drydock::api::exec
