#include "netns/dns/cache.h"

#include <gtest/gtest.h>

namespace drydock::netns::dns {
namespace {

using namespace std::string_literals;
using std::chrono::seconds;

Question asked(std::string_view name) { return {*name_of(name), kTypeA, kClassIn}; }

Message answer(std::string_view name, std::uint32_t ttl) {
  Message m;
  m.response = true;
  m.question = asked(name);
  m.answers.push_back({m.question->name, kTypeA, kClassIn, ttl, "\1\2\3\4"});
  return m;
}

Message nothing(std::uint16_t rcode, std::uint32_t ttl, char minimum) {
  Message m;
  m.rcode = rcode;
  m.question = asked("no.example.com");
  m.authority.push_back({*name_of("example.com"), kTypeSoa, kClassIn, ttl,
                         "\0\0"s + std::string(16, '\1') + "\0\0\0"s + minimum});
  return m;
}

TEST(DnsCache, KeepsAnAnswerForItsTimeAndCountsDown) {
  Cache cache(8, 1 << 20);
  const Clock::time_point t{};
  cache.put("k", answer("a.example.com", 60), t);
  EXPECT_EQ(cache.find("k", t + seconds(20))->answers[0].ttl, 40u);
  EXPECT_TRUE(cache.find("k", t + seconds(59)));
  EXPECT_FALSE(cache.find("k", t + seconds(60)));
  EXPECT_EQ(cache.entries(), 0u);
  EXPECT_EQ(cache.bytes(), 0u);
}

TEST(DnsCache, NothingIsKeptAsLongAsTheZoneSays) {
  EXPECT_EQ(time_to_keep(nothing(kNxDomain, 300, 60)), seconds(60));
  EXPECT_EQ(time_to_keep(nothing(kNoError, 30, 60)), seconds(30));
  EXPECT_EQ(time_to_keep(nothing(kNxDomain, 86400, 0)), std::nullopt);
  Message bare = nothing(kNxDomain, 300, 60);
  bare.authority.clear();
  EXPECT_EQ(time_to_keep(bare), std::nullopt);
}

TEST(DnsCache, FailuresCutAnswersAndZeroTimesAreNotKept) {
  Message m = answer("a.example.com", 60);
  m.rcode = kServFail;
  EXPECT_EQ(time_to_keep(m), std::nullopt);
  m = answer("a.example.com", 60);
  m.truncated = true;
  EXPECT_EQ(time_to_keep(m), std::nullopt);
  EXPECT_EQ(time_to_keep(answer("a.example.com", 0)), std::nullopt);
  EXPECT_EQ(time_to_keep(answer("a.example.com", 0xffffffff)), std::nullopt);
  EXPECT_EQ(time_to_keep(answer("a.example.com", 0x7fffffff)), seconds(86400));
}

TEST(DnsCache, TheLongestUnusedGoesFirst) {
  Cache cache(2, 1 << 20);
  const Clock::time_point t{};
  cache.put("a", answer("a.example.com", 60), t);
  cache.put("b", answer("b.example.com", 60), t);
  EXPECT_TRUE(cache.find("a", t));
  cache.put("c", answer("c.example.com", 60), t);
  EXPECT_TRUE(cache.find("a", t));
  EXPECT_FALSE(cache.find("b", t));
  EXPECT_TRUE(cache.find("c", t));
}

TEST(DnsCache, BytesAreBoundedToo) {
  Cache cache(100000, 64 << 10);
  const Clock::time_point t{};
  for (int i = 0; i < 1000; ++i) cache.put(std::to_string(i), answer("a.example.com", 60), t);
  EXPECT_LE(cache.bytes(), 64u << 10);
  EXPECT_GT(cache.entries(), 10u);
  Message huge = answer("a.example.com", 60);
  huge.answers[0].data.assign(60 << 10, 'x');
  const auto before = cache.entries();
  cache.put("huge", huge, t);
  EXPECT_EQ(cache.entries(), before);
}

TEST(DnsCache, AKeyTellsAllThatChangesTheAnswer) {
  const std::string key = cache_key(asked("a.example.com"), false, false);
  EXPECT_EQ(key, cache_key(asked("A.EXAMPLE.com"), false, false));
  EXPECT_NE(key, cache_key(asked("b.example.com"), false, false));
  EXPECT_NE(key, cache_key(asked("a.example.com"), true, false));
  EXPECT_NE(key, cache_key(asked("a.example.com"), false, true));
  Question other = asked("a.example.com");
  other.type = kTypeAaaa;
  EXPECT_NE(key, cache_key(other, false, false));
}

}  // namespace
}  // namespace drydock::netns::dns
