#include "netns/dns/message.h"

#include <gtest/gtest.h>

namespace drydock::netns::dns {
namespace {

using namespace std::string_literals;

Name n(std::string_view text) { return *name_of(text); }

Message query(std::string_view name, std::uint16_t type = kTypeA) {
  Message m;
  m.id = 0x1234;
  m.recursion_desired = true;
  m.question = Question{n(name), type, kClassIn};
  return m;
}

Record a(std::string_view name, char last) {
  return {n(name), kTypeA, kClassIn, 60, "\x0a\0\0"s + last};
}

TEST(DnsName, IsReadAndWrittenAsText) {
  EXPECT_EQ(n("Web.local"), "\3Web\5local\0"s);
  EXPECT_EQ(n("web.local."), n("web.local"));
  EXPECT_EQ(n("."), "\0"s);
  EXPECT_EQ(text_of(n("Web.local")), "web.local");
  EXPECT_EQ(text_of("\3a.b\0"s), "a\\046b");
  EXPECT_EQ(text_of("\0"s), ".");
  EXPECT_EQ(folded(n("WEB.Local")), n("web.local"));
}

TEST(DnsName, WhatIsTooLongOrHasEmptyLabelsIsNone) {
  EXPECT_FALSE(name_of(""));
  EXPECT_FALSE(name_of("a..b"));
  EXPECT_FALSE(name_of(".a"));
  EXPECT_FALSE(name_of(std::string(64, 'a')));
  EXPECT_TRUE(name_of(std::string(63, 'a')));
  std::string longest;
  for (int i = 0; i < 4; ++i) longest += std::string(i == 3 ? 61 : 63, 'a') + ".";
  EXPECT_TRUE(name_of(longest));
  EXPECT_FALSE(name_of("b" + longest));
}

TEST(DnsName, IsWithinAZoneByLabelsNotByLetters) {
  EXPECT_TRUE(is_within(n("a.default.local"), n("default.local")));
  EXPECT_TRUE(is_within(n("default.local"), n("default.local")));
  EXPECT_FALSE(is_within(n("adefault.local"), n("default.local")));
  EXPECT_FALSE(is_within(n("local"), n("default.local")));
}

TEST(DnsMessage, AQueryIsReadBackAsItWasWritten) {
  Message m = query("Example.com", kTypeSrv);
  m.edns = Edns{4096, 0, true};
  m.checking_disabled = true;
  const auto read = decode(encode(m));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, m);
}

TEST(DnsMessage, NamesAreCompressedAlsoInsideData) {
  Message m = reply_to(query("www.example.com"));
  m.answers.push_back({n("www.example.com"), kTypeCname, kClassIn, 60, n("web.example.com")});
  m.answers.push_back(a("web.example.com", 1));
  m.authority.push_back({n("example.com"), kTypeSoa, kClassIn, 60,
                         n("ns.example.com") + n("root.example.com") + std::string(20, '\7')});
  m.additional.push_back(
      {n("_x._tcp.example.com"), kTypeSrv, kClassIn, 60, "\0\1\0\2\0\3"s + n("web.example.com")});
  const std::string packet = encode(m);
  EXPECT_EQ(packet.find("\7example"), packet.rfind("\7example", packet.size() - 30))
      << "the name of a server must be whole, the others point to the first";
  const auto read = decode(packet);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, m);
}

TEST(DnsMessage, WhatDoesNotFitIsLeftOutAndTold) {
  Message m = reply_to(query("big.example.com"));
  for (char i = 0; i < 60; ++i) m.answers.push_back(a("big.example.com", i));
  m.edns = Edns{};
  const std::string packet = encode(m, kPlainUdp);
  EXPECT_LE(packet.size(), kPlainUdp);
  const auto read = decode(packet);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->truncated);
  EXPECT_TRUE(read->edns);
  EXPECT_GT(read->answers.size(), 20u) << "old clients take what there is";
  const auto whole = decode(encode(m));
  EXPECT_FALSE(whole->truncated);
  EXPECT_EQ(whole->answers.size(), 60u);
}

TEST(DnsMessage, AdditionalRecordsGoWithoutAWord) {
  Message m = reply_to(query("x.example.com"));
  m.answers.push_back(a("x.example.com", 1));
  for (char i = 0; i < 60; ++i) m.additional.push_back(a("y.example.com", i));
  const auto read = decode(encode(m, kPlainUdp));
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->truncated);
  EXPECT_LT(read->additional.size(), 60u);
}

TEST(DnsMessage, AnExtendedRcodeNeedsEdns) {
  Message m = query("x.example.com");
  m.edns = Edns{};
  const auto read = decode(encode(reply_to(m, kBadVers)));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->rcode, kBadVers);
}

std::string header(char questions, char answers) {
  return "\0\1\0\0\0"s + questions + "\0"s + answers + "\0\0\0\0"s;
}

TEST(DnsMessage, MalformedPacketsAreRefused) {
  const std::string tail = "\0\1\0\1"s;
  EXPECT_TRUE(decode(header(1, 0) + "\1a\0"s + tail));
  EXPECT_FALSE(decode("")) << "nothing";
  EXPECT_FALSE(decode("\0\1\0\0\0"s)) << "half a header";
  EXPECT_FALSE(decode(header(2, 0) + "\1a\0"s + tail + "\1a\0"s + tail)) << "two questions";
  EXPECT_FALSE(decode(header(1, 0) + "\1a\0"s + tail + "x")) << "bytes left over";
  EXPECT_FALSE(decode(header(1, 0) + "\1a"s)) << "cut";
  EXPECT_FALSE(decode(header(1, 0) + "\xc0\x0c"s + tail)) << "points to itself";
  EXPECT_FALSE(decode(header(1, 0) + "\1a\xc0\x0c"s + tail)) << "goes in a circle";
  EXPECT_FALSE(decode(header(1, 0) + "\xc0\x40"s + tail)) << "points forward";
  EXPECT_FALSE(decode(header(1, 0) + "\xc0\x02"s + tail)) << "points into the header";
  EXPECT_FALSE(decode(header(1, 0) + "\x80"s + tail)) << "an unknown kind of label";
  const std::string ttl = "\0\0\0\1"s;
  EXPECT_FALSE(decode(header(0, 1) + "\0\0\5\0\1"s + ttl + "\0\1\3ab\0"s)) << "name beyond data";
  EXPECT_FALSE(decode(header(0, 1) + "\0\0\x29\0\1"s + ttl + "\0\0"s)) << "OPT as an answer";
}

TEST(DnsMessage, APacketThatGrowsWithoutEndIsRefused) {
  // Each record is 12 bytes that stand for a name of 255.
  std::string packet = "\0\1\x80\0\0\1\x14\0\0\0\0\0"s;
  for (int i = 0; i < 4; ++i) {
    const int length = i == 3 ? 61 : 63;
    packet += static_cast<char>(length) + std::string(static_cast<std::size_t>(length), 'a');
  }
  packet += "\0\0\1\0\1"s;
  for (int i = 0; i < 0x1400; ++i) packet += "\xc0\x0c\0\1\0\1\0\0\0\0\0\0"s;
  ASSERT_LT(packet.size(), kMaxPacket);
  EXPECT_FALSE(decode(packet));
}

TEST(DnsMessage, OnlyAQueryIsToldThatItIsMalformed) {
  EXPECT_EQ(id_of_query(header(7, 0)), 1);
  EXPECT_FALSE(id_of_query("\0\1\x80\0\0\1\0\0\0\0\0\0"s));
  EXPECT_FALSE(id_of_query("\0\1"s));
}

}  // namespace
}  // namespace drydock::netns::dns
