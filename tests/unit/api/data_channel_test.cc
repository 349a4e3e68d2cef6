#include "api/exec/data_channel.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace drydock::api::exec {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;

// A client beside the channel, and its clock.
class DataChannelTest : public ::testing::Test {
 protected:
  using Turn = DataChannel::Turn;
  void SetUp() override { channel.open(now, turn); }
  std::vector<AgentMessage> sent() {
    std::vector<AgentMessage> out;
    for (const auto& bytes : turn.send) out.push_back(*decode(bytes));
    turn.send.clear();
    return out;
  }
  void give(std::int64_t sequence, PayloadType type, const std::string& payload) {
    AgentMessage m;
    m.type = kInputStream;
    m.created_ms = 1;
    m.sequence = sequence;
    m.id = "00112233-4455-6677-8899-aabbccddeeff";
    m.payload_type = type;
    m.payload = payload;
    channel.received(encoded(m), now, turn);
  }
  void acknowledge(std::int64_t sequence) {
    AgentMessage m;
    m.type = kAcknowledge;
    m.created_ms = 1;
    m.id = "00112233-4455-6677-8899-aabbccddeeff";
    m.payload = Json{{"AcknowledgedMessageSequenceNumber", sequence}}.dump();
    channel.received(encoded(m), now, turn);
  }
  void shake_hands() {
    sent();
    acknowledge(0);
    give(0, PayloadType::kHandshakeResponse, R"({"ClientVersion":"1.2","Errors":null})");
    acknowledge(1);
    sent();
  }

  DataChannel::Clock::time_point now{};
  DataChannel channel{"ecs-execute-command-1", now};
  Turn turn;
};

TEST_F(DataChannelTest, ShakesHandsBeforeAnythingElse) {
  const auto first = sent();
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].type, kOutputStream);
  EXPECT_EQ(first[0].payload_type, PayloadType::kHandshakeRequest);
  EXPECT_EQ(first[0].flags, 1u);
  const auto request = parse_json(first[0].payload);
  EXPECT_EQ((*request)["RequestedClientActions"][0]["ActionType"], "SessionType");
  EXPECT_FALSE(channel.room());
  give(0, PayloadType::kHandshakeResponse, R"({"ClientVersion":"1.2"})");
  const auto then = sent();
  ASSERT_EQ(then.size(), 2u);
  EXPECT_EQ(then[0].type, kAcknowledge);
  EXPECT_EQ((*parse_json(then[0].payload))["AcknowledgedMessageId"],
            "00112233-4455-6677-8899-aabbccddeeff");
  EXPECT_EQ(then[1].payload_type, PayloadType::kHandshakeComplete);
  EXPECT_TRUE(channel.room());
}

TEST_F(DataChannelTest, InputArrivesOnceAndInOrder) {
  shake_hands();
  give(2, PayloadType::kOutput, "b");
  give(2, PayloadType::kOutput, "b");
  EXPECT_EQ(turn.input, "");
  give(1, PayloadType::kOutput, "a");
  give(1, PayloadType::kOutput, "a");
  give(3, PayloadType::kSize, R"({"cols":80,"rows":24})");
  EXPECT_EQ(turn.input, "ab");
  EXPECT_EQ(turn.size, (frames::Size{24, 80}));
  EXPECT_EQ(sent().size(), 5u);  // each is acknowledged, also when it came before
}

TEST_F(DataChannelTest, WhatComesTooEarlyIsBounded) {
  shake_hands();
  for (std::int64_t n = 0; n < 200; ++n) give(2 + n, PayloadType::kOutput, "x");
  EXPECT_EQ(sent().size(), DataChannel::kAhead);
  give(1, PayloadType::kOutput, "x");
  EXPECT_EQ(turn.input.size(), 1 + DataChannel::kAhead);
}

TEST_F(DataChannelTest, OutputWaitsForAcknowledgements) {
  shake_hands();
  channel.output(std::string(100 * DataChannel::kPiece, 'x'), now, turn);
  EXPECT_EQ(sent().size(), DataChannel::kWindow);
  EXPECT_FALSE(channel.room());
  acknowledge(2);
  EXPECT_EQ(sent().size(), 1u);
  acknowledge(99999);
  acknowledge(-1);
  EXPECT_EQ(sent().size(), 0u);
}

TEST_F(DataChannelTest, TheOldestIsSentAgainUntilItIsAcknowledged) {
  shake_hands();
  channel.output("one", now, turn);
  const auto first = sent();
  channel.tick(now + milliseconds(10), turn);
  EXPECT_TRUE(sent().empty());
  now = channel.next_tick();
  channel.tick(now, turn);
  const auto again = sent();
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].id, first[0].id);
  acknowledge(2);
  channel.tick(now + seconds(5), turn);
  EXPECT_TRUE(sent().empty());
}

TEST_F(DataChannelTest, ClosesWhenEverythingIsAcknowledged) {
  shake_hands();
  channel.output("last", now, turn);
  channel.close("", now, turn);
  sent();
  EXPECT_FALSE(turn.done);
  acknowledge(2);
  const auto closing = sent();
  ASSERT_EQ(closing.size(), 1u);
  EXPECT_EQ(closing[0].type, kChannelClosed);
  EXPECT_EQ((*parse_json(closing[0].payload))["SessionId"], "ecs-execute-command-1");
  EXPECT_TRUE(turn.done);
}

TEST_F(DataChannelTest, ClosesAfterAWhileAlsoWithoutThem) {
  shake_hands();
  channel.output("last", now, turn);
  channel.close("gone", now, turn);
  channel.tick(now + DataChannel::kCloseTime, turn);
  EXPECT_TRUE(turn.done);
}

TEST_F(DataChannelTest, AnEndBeforeTheHandshakeIsToldAfterIt) {
  channel.output("quick", now, turn);
  channel.close("no such program", now, turn);
  EXPECT_EQ(sent().size(), 1u);
  acknowledge(0);
  give(0, PayloadType::kHandshakeResponse, "{}");
  EXPECT_EQ(sent().size(), 3u);  // an acknowledgement, the handshake's end, "quick"
  acknowledge(1);
  acknowledge(2);
  const auto closing = sent();
  ASSERT_EQ(closing.size(), 1u);
  EXPECT_EQ((*parse_json(closing[0].payload))["Output"], "no such program");
}

TEST_F(DataChannelTest, SilenceAndNonsenseEndIt) {
  channel.tick(now + DataChannel::kHandshakeTime, turn);
  EXPECT_TRUE(turn.ended);
  EXPECT_TRUE(turn.done);
}

TEST_F(DataChannelTest, NonsenseEndsIt) {
  shake_hands();
  channel.received("what", now, turn);
  EXPECT_TRUE(turn.ended);
  EXPECT_TRUE(turn.done);
}

TEST_F(DataChannelTest, IdlenessEndsItAndUseDoesNot) {
  shake_hands();
  now += DataChannel::kIdleTime - seconds(1);
  give(1, PayloadType::kOutput, "x");
  channel.tick(now + seconds(2), turn);
  EXPECT_FALSE(turn.ended);
  channel.tick(now + DataChannel::kIdleTime, turn);
  EXPECT_TRUE(turn.ended);
}

TEST_F(DataChannelTest, TheClientsFlagEndsTheProcess) {
  shake_hands();
  give(1, PayloadType::kFlag, std::string("\0\0\0\1", 4));
  give(2, PayloadType::kFlag, "x");
  EXPECT_FALSE(turn.ended);
  give(3, PayloadType::kFlag, std::string("\0\0\0\2", 4));
  EXPECT_TRUE(turn.ended);
}

TEST_F(DataChannelTest, AClientThatRefusesTheSessionsKindIsLetGo) {
  give(0, PayloadType::kHandshakeResponse, R"({"Errors":["Unsupported action"]})");
  EXPECT_TRUE(turn.ended);
  EXPECT_TRUE(turn.done);
}

}  // namespace
}  // namespace drydock::api::exec
