#include "api/exec/agent_message.h"

#include <gtest/gtest.h>

namespace drydock::api::exec {
namespace {

AgentMessage example() {
  AgentMessage m;
  m.type = kInputStream;
  m.created_ms = 0x0102030405060708;
  m.sequence = 9;
  m.flags = 1;
  m.id = "00112233-4455-6677-8899-aabbccddeeff";
  m.payload_type = PayloadType::kOutput;
  m.payload = "ls\r";
  return m;
}

TEST(AgentMessage, StandsWhereThePublicSourcesSay) {
  const std::string b = encoded(example());
  ASSERT_EQ(b.size(), 123u);
  EXPECT_EQ(b.substr(0, 4), std::string("\0\0\0\x74", 4));
  EXPECT_EQ(b.substr(4, 32), "input_stream_data               ");
  EXPECT_EQ(b.substr(36, 4), std::string("\0\0\0\1", 4));
  EXPECT_EQ(b.substr(40, 8), "\1\2\3\4\5\6\7\x8");
  EXPECT_EQ(b.substr(48, 8), std::string("\0\0\0\0\0\0\0\x9", 8));
  EXPECT_EQ(b.substr(56, 8), std::string("\0\0\0\0\0\0\0\1", 8));
  EXPECT_EQ(b.substr(64, 8), "\x88\x99\xaa\xbb\xcc\xdd\xee\xff");
  EXPECT_EQ(b.substr(72, 8), std::string("\0\x11\x22\x33\x44\x55\x66\x77", 8));
  EXPECT_EQ(b.substr(112, 4), std::string("\0\0\0\1", 4));
  EXPECT_EQ(b.substr(116, 4), std::string("\0\0\0\3", 4));
  EXPECT_EQ(b.substr(120), "ls\r");
}

TEST(AgentMessage, ComesBackWhole) {
  const auto m = decode(encoded(example()));
  ASSERT_TRUE(m) << m.error().message;
  EXPECT_EQ(m->type, kInputStream);
  EXPECT_EQ(m->created_ms, example().created_ms);
  EXPECT_EQ(m->sequence, 9);
  EXPECT_EQ(m->flags, 1u);
  EXPECT_EQ(m->id, example().id);
  EXPECT_EQ(m->payload_type, PayloadType::kOutput);
  EXPECT_EQ(m->payload, "ls\r");
}

TEST(AgentMessage, RefusesEveryPartAndEveryChangedPayload) {
  const std::string good = encoded(example());
  for (std::size_t n = 0; n < good.size(); ++n) EXPECT_FALSE(decode(good.substr(0, n))) << n;
  EXPECT_FALSE(decode(good + "x"));
  std::string changed = good;
  changed.back() = 'x';
  EXPECT_FALSE(decode(changed));
  changed = good;
  changed[3] = 0x70;
  EXPECT_FALSE(decode(changed));
  AgentMessage large = example();
  large.payload.assign(kLongestPayload + 1, 'x');
  EXPECT_FALSE(decode(encoded(large)));
}

TEST(AgentMessage, NeedsNoDigestWithoutAPayload) {
  AgentMessage m = example();
  m.payload.clear();
  std::string bytes = encoded(m);
  std::fill(bytes.begin() + 80, bytes.begin() + 112, '\0');
  EXPECT_TRUE(decode(bytes));
}

}  // namespace
}  // namespace drydock::api::exec
