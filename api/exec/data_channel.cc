#include "api/exec/data_channel.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "base/json.h"

namespace drydock::api::exec {
namespace {

// A client drops what comes before its terminal is set up, without a word: soon again, then slower.
constexpr std::chrono::milliseconds kSendAgain{250};
constexpr std::uint32_t kTerminateSession = 2;

std::uint64_t milliseconds_now() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now().time_since_epoch()).count());
}

AgentMessage message_of(std::string_view type) {
  AgentMessage m;
  m.type = type;
  m.created_ms = milliseconds_now();
  m.id = random_uuid();
  return m;
}

std::string handshake_request() {
  return dump_json(
      {{"AgentVersion", "3.3.0.0"},
       {"RequestedClientActions",
        Json::array({{{"ActionType", "SessionType"},
                      {"ActionParameters",
                       {{"SessionType", "InteractiveCommands"}, {"Properties", nullptr}}}}})}});
}

std::uint16_t size_member(const Json& size, const char* key) {
  return static_cast<std::uint16_t>(std::clamp<long long>(json_int(size, key), 0, 0xffff));
}

}  // namespace

DataChannel::DataChannel(std::string session_id, Clock::time_point now)
    : session_id_(std::move(session_id)), begun_(now), heard_(now), closing_since_(now) {}

bool DataChannel::room() const {
  return state_ == State::kOpen && under_way_.size() < kWindow && waiting_.empty();
}

void DataChannel::say(PayloadType type, std::string payload, Clock::time_point now, Turn& turn) {
  AgentMessage m = message_of(kOutputStream);
  m.sequence = next_sequence_++;
  m.flags = m.sequence == 0 ? 1 : 0;
  m.payload_type = type;
  m.payload = std::move(payload);
  under_way_.push_back({m.sequence, encoded(m), now});
  turn.send.push_back(under_way_.back().bytes);
}

void DataChannel::open(Clock::time_point now, Turn& turn) {
  state_ = State::kHandshake;
  begun_ = now;
  say(PayloadType::kHandshakeRequest, handshake_request(), now, turn);
}

void DataChannel::output(std::string_view bytes, Clock::time_point now, Turn& turn) {
  heard_ = now;
  waiting_ += bytes;
  flush(now, turn);
}

void DataChannel::flush(Clock::time_point now, Turn& turn) {
  if (state_ == State::kHandshake) return;
  std::size_t at = 0;
  for (; at < waiting_.size() && under_way_.size() < kWindow; at += kPiece)
    say(PayloadType::kOutput, waiting_.substr(at, kPiece), now, turn);
  waiting_.erase(0, at);
  if (state_ == State::kClosing && waiting_.empty() && under_way_.empty()) end(*why_, turn);
}

void DataChannel::close(const std::string& why, Clock::time_point now, Turn& turn) {
  if (state_ == State::kClosing || state_ == State::kClosed) return;
  why_ = why;
  closing_since_ = now;
  // Still in the handshake: what is waiting goes out when the client has answered.
  if (state_ != State::kHandshake) state_ = State::kClosing;
  flush(now, turn);
}

void DataChannel::end(const std::string& why, Turn& turn) {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  AgentMessage m = message_of(kChannelClosed);
  m.payload = dump_json({{"MessageId", m.id},
                         {"CreatedDate", rfc3339_nano(now())},
                         {"DestinationId", ""},
                         {"SessionId", session_id_},
                         {"MessageType", std::string(kChannelClosed)},
                         {"SchemaVersion", 1},
                         {"Output", why}});
  turn.send.push_back(encoded(m));
  turn.done = true;
}

void DataChannel::acknowledge(const AgentMessage& message, Turn& turn) {
  AgentMessage m = message_of(kAcknowledge);
  m.flags = 3;
  m.payload = dump_json({{"AcknowledgedMessageType", message.type},
                         {"AcknowledgedMessageId", message.id},
                         {"AcknowledgedMessageSequenceNumber", message.sequence},
                         {"IsSequentialMessage", true}});
  turn.send.push_back(encoded(m));
}

void DataChannel::acknowledged(const AgentMessage& message, Clock::time_point now, Turn& turn) {
  const auto content = parse_json(message.payload);
  if (!content || !content->is_object()) return;
  const auto sequence = json_int(*content, "AcknowledgedMessageSequenceNumber", -1);
  std::erase_if(under_way_, [&](const Sent& s) { return s.sequence == sequence; });
  flush(now, turn);
}

void DataChannel::received(std::string_view bytes, Clock::time_point now, Turn& turn) {
  if (state_ == State::kNew || state_ == State::kClosed) return;
  auto message = decode(bytes);
  if (!message) {
    turn.ended = true;
    return end("the client sent what is no message: " + message.error().message, turn);
  }
  if (message->type == kAcknowledge) return acknowledged(*message, now, turn);
  if (message->type != kInputStream) return;
  heard_ = now;
  if (message->sequence < expected_) return acknowledge(*message, turn);  // sent again
  if (message->sequence > expected_) {
    const auto size = message->payload.size();
    if (ahead_.size() >= kAhead || ahead_bytes_ + size > kAheadBytes) return;
    acknowledge(*message, turn);
    if (ahead_.emplace(message->sequence, std::move(*message)).second) ahead_bytes_ += size;
    return;
  }
  acknowledge(*message, turn);
  ++expected_;
  in_order(*message, now, turn);
  for (auto next = ahead_.begin(); next != ahead_.end() && next->first == expected_;
       next = ahead_.erase(next)) {
    ahead_bytes_ -= next->second.payload.size();
    ++expected_;
    in_order(next->second, now, turn);
  }
}

void DataChannel::in_order(const AgentMessage& message, Clock::time_point now, Turn& turn) {
  switch (message.payload_type) {
    case PayloadType::kOutput:
      turn.input += message.payload;
      return;
    case PayloadType::kSize: {
      const auto size = parse_json(message.payload);
      if (size && size->is_object())
        turn.size = frames::Size{size_member(*size, "rows"), size_member(*size, "cols")};
      return;
    }
    case PayloadType::kHandshakeResponse:
      return handshake_answered(message, now, turn);
    case PayloadType::kFlag: {
      std::uint32_t flag = 0;
      for (const char c : message.payload.substr(0, 4))
        flag = flag << 8 | static_cast<unsigned char>(c);
      if (message.payload.size() == 4 && flag == kTerminateSession) turn.ended = true;
      return;
    }
    default:
      return;
  }
}

void DataChannel::handshake_answered(const AgentMessage& message, Clock::time_point now,
                                     Turn& turn) {
  if (state_ != State::kHandshake) return;
  const auto answer = parse_json(message.payload);
  const Json* errors = answer && answer->is_object() ? json_find(*answer, "Errors") : nullptr;
  if (!answer || !answer->is_object() || (errors && errors->is_array() && !errors->empty())) {
    turn.ended = true;
    return end("the client did not agree to the session's kind", turn);
  }
  const auto took = std::chrono::duration_cast<std::chrono::nanoseconds>(now - begun_).count();
  state_ = why_ ? State::kClosing : State::kOpen;
  say(PayloadType::kHandshakeComplete,
      dump_json({{"HandshakeTimeToComplete", took}, {"CustomerMessage", ""}}), now, turn);
  flush(now, turn);
}

void DataChannel::tick(Clock::time_point now, Turn& turn) {
  if (state_ == State::kClosed || state_ == State::kNew) return;
  if (state_ == State::kHandshake && now - begun_ >= kHandshakeTime) {
    turn.ended = true;
    return end("the client did not answer the handshake in time", turn);
  }
  if (state_ == State::kClosing && now - closing_since_ >= kCloseTime) return end(*why_, turn);
  if (state_ == State::kOpen && now - heard_ >= kIdleTime) {
    turn.ended = true;
    return end("the session was idle for 20 minutes", turn);
  }
  // The oldest is what the client waits for; what follows it may have arrived.
  if (!under_way_.empty() && now - under_way_.front().at >= kSendAgain) {
    under_way_.front().at = now;
    turn.send.push_back(under_way_.front().bytes);
  }
}

DataChannel::Clock::time_point DataChannel::next_tick() const {
  Clock::time_point next = state_ == State::kHandshake ? begun_ + kHandshakeTime
                           : state_ == State::kClosing ? closing_since_ + kCloseTime
                                                       : heard_ + kIdleTime;
  if (!under_way_.empty()) next = std::min(next, under_way_.front().at + kSendAgain);
  return next;
}

}  // namespace drydock::api::exec
