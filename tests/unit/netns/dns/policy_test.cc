#include "netns/dns/policy.h"

#include <gtest/gtest.h>

#include <set>

namespace drydock::netns::dns {
namespace {

using namespace std::string_literals;

Name n(std::string_view text) { return *name_of(text); }

class DnsPolicy : public ::testing::Test {
 protected:
  Verdict ask(std::string_view name, std::uint16_t type = kTypeA) {
    Message m;
    m.id = 7;
    m.question = Question{n(name), type, kClassIn};
    return decide(m, registry_, site_, turn_++, aws_);
  }
  // The addresses in an answer, or "ask", "nxdomain", "nothing".
  std::string told(std::string_view name, std::uint16_t type = kTypeA) {
    const Verdict v = ask(name, type);
    if (v.ask) return "ask";
    if (v.reply.rcode == kNxDomain) return "nxdomain";
    if (v.reply.rcode != kNoError) return "rcode " + std::to_string(v.reply.rcode);
    std::string text;
    for (const Record& r : v.reply.answers)
      text += (text.empty() ? "" : " ") + shown(r.type, r.data);
    return text.empty() ? "nothing" : text;
  }
  static std::string shown(std::uint16_t type, const std::string& data) {
    if (type == kTypeCname || type == kTypePtr) return text_of(data);
    if (type == kTypeSrv) return text_of(data.substr(6));
    std::string text;
    for (const char c : data)
      text += (text.empty() ? "" : ".") + std::to_string(static_cast<std::uint8_t>(c));
    return text;
  }

  Registry registry_;
  Site site_{*parse_subnet("172.31.0.0/16"), *parse_ipv4("172.31.0.1"), "ec2.internal"};
  AwsHere aws_;
  std::uint32_t turn_ = 0;
};

TEST_F(DnsPolicy, HostsOfAwsThatAreHereAreNotAskedElsewhere) {
  EXPECT_EQ(told("logs.eu-west-1.amazonaws.com"), "ask");
  aws_ = {{"logs", "s3"}, *parse_ipv4("169.254.170.3")};
  EXPECT_EQ(told("logs.eu-west-1.amazonaws.com"), "169.254.170.3");
  EXPECT_EQ(told("Logs.US-East-1.amazonaws.com"), "169.254.170.3");
  EXPECT_EQ(told("logs.eu-west-1.amazonaws.com", kTypeAaaa), "nothing");
  EXPECT_EQ(told("bucket.s3.eu-west-1.amazonaws.com"), "169.254.170.3");
  EXPECT_EQ(told("sqs.eu-west-1.amazonaws.com"), "ask");
  EXPECT_EQ(told("logs.eu-west-1.amazonaws.com.example.org"), "ask");
}

TEST_F(DnsPolicy, ATaskIsFoundByFamilyAndCluster) {
  registry_.put("task1", {{"default.local"}, {{"web.default.local", *parse_ipv4("172.31.0.5")}}});
  EXPECT_EQ(told("web.default.local"), "172.31.0.5");
  EXPECT_EQ(told("WEB.Default.LOCAL"), "172.31.0.5");
  EXPECT_TRUE(ask("web.default.local").reply.authoritative);
  EXPECT_EQ(ask("WEB.default.local").reply.answers[0].name, n("web.default.local"));
}

TEST_F(DnsPolicy, ANameWithoutIpv6HasNoAnswerButExists) {
  registry_.put("task1", {{"default.local"}, {{"web.default.local", *parse_ipv4("172.31.0.5")}}});
  EXPECT_EQ(told("web.default.local", kTypeAaaa), "nothing");
  EXPECT_EQ(told("host.docker.internal", kTypeAaaa), "nothing");
  EXPECT_EQ(told("ip-172-31-0-5.ec2.internal", kTypeAaaa), "nothing");
  EXPECT_EQ(told("default.local"), "nothing") << "names lie below it";
}

TEST_F(DnsPolicy, NobodyElseIsAskedAboutOurZones) {
  registry_.put("task1", {{"default.local"}, {{"web.default.local", *parse_ipv4("172.31.0.5")}}});
  EXPECT_EQ(told("api.default.local"), "nxdomain");
  EXPECT_EQ(told("office.local"), "ask") << "many companies use .local";
  registry_.remove("task1");
  EXPECT_EQ(told("web.default.local"), "nxdomain") << "the zone outlives its tasks";
}

TEST_F(DnsPolicy, AddressesTakeTurnsAndAreEightAtMost) {
  for (int i = 0; i < 12; ++i)
    registry_.put("task" + std::to_string(i),
                  {{}, {{"web.default.local", Ipv4{0xac1f0004u + static_cast<unsigned>(i)}}}});
  std::set<std::string> first;
  for (int i = 0; i < 12; ++i) {
    const Verdict v = ask("web.default.local");
    EXPECT_EQ(v.reply.answers.size(), kMaxAddresses);
    first.insert(v.reply.answers[0].data);
  }
  EXPECT_EQ(first.size(), 12u);
}

TEST_F(DnsPolicy, ASourceReplacesWhatItSaidBefore) {
  registry_.put("task1", {{"a.local"}, {{"web.a.local", *parse_ipv4("172.31.0.5")}}});
  registry_.put("task1", {{"a.local"}, {{"api.a.local", *parse_ipv4("172.31.0.6")}}});
  EXPECT_EQ(told("web.a.local"), "nxdomain");
  EXPECT_EQ(told("api.a.local"), "172.31.0.6");
  registry_.put("bad", {{}, {{"a..b", *parse_ipv4("172.31.0.6")}, {"", Alias{"x"}}}});
}

TEST_F(DnsPolicy, ServicesComeWithTheAddressesOfTheirHosts) {
  registry_.put("s", {{"a.local"},
                      {{"_http._tcp.a.local", ServiceTarget{1, 2, 8080, "web.a.local"}},
                       {"web.a.local", *parse_ipv4("172.31.0.5")}}});
  const Verdict v = ask("_http._tcp.a.local", kTypeSrv);
  ASSERT_EQ(v.reply.answers.size(), 1u);
  EXPECT_EQ(v.reply.answers[0].data, "\0\1\0\2\x1f\x90"s + n("web.a.local"));
  ASSERT_EQ(v.reply.additional.size(), 1u);
  EXPECT_EQ(shown(kTypeA, v.reply.additional[0].data), "172.31.0.5");
}

TEST_F(DnsPolicy, AnAliasIsFollowedHereOrElsewhere) {
  registry_.put("s", {{"a.local"},
                      {{"db.a.local", Alias{"web.a.local"}},
                       {"out.a.local", Alias{"db.example.com"}},
                       {"round.a.local", Alias{"round.a.local"}},
                       {"web.a.local", *parse_ipv4("172.31.0.5")}}});
  EXPECT_EQ(told("db.a.local"), "web.a.local 172.31.0.5");
  EXPECT_EQ(told("db.a.local", kTypeCname), "web.a.local");
  EXPECT_EQ(told("round.a.local"), "rcode 2");
  const Verdict v = ask("out.a.local");
  ASSERT_TRUE(v.ask);
  EXPECT_EQ(v.ask->name, n("db.example.com"));
  Message said;
  said.answers.push_back({n("db.example.com"), kTypeA, kClassIn, 60, "\1\2\3\4"});
  Message query;
  query.id = 99;
  const Message whole = finished(query, v.reply, said);
  EXPECT_EQ(whole.id, 99);
  ASSERT_EQ(whole.answers.size(), 2u);
  EXPECT_EQ(whole.answers[0].type, kTypeCname);
}

TEST_F(DnsPolicy, TheHostHasTwoNames) {
  EXPECT_EQ(told("host.docker.internal"), "172.31.0.1");
  EXPECT_EQ(told("host.drydock.internal"), "172.31.0.1");
}

TEST_F(DnsPolicy, PrivateDnsNamesOfTheSubnetGoBothWays) {
  EXPECT_EQ(told("ip-172-31-0-5.ec2.internal"), "172.31.0.5");
  EXPECT_EQ(told("5.0.31.172.in-addr.arpa", kTypePtr), "ip-172-31-0-5.ec2.internal");
  EXPECT_EQ(told("ip-10-0-0-5.ec2.internal"), "ask") << "not of our subnet";
  EXPECT_EQ(told("5.0.0.10.in-addr.arpa", kTypePtr), "ask");
  EXPECT_EQ(told("in-addr.arpa", kTypePtr), "ask");
  EXPECT_EQ(told("31.172.in-addr.arpa", kTypePtr), "ask");
}

TEST_F(DnsPolicy, LocalhostIsNeverAskedElsewhere) {
  EXPECT_EQ(told("localhost"), "127.0.0.1");
  EXPECT_EQ(told("app.localhost"), "127.0.0.1");
  EXPECT_EQ(told("localhost", kTypeAaaa), "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1");
}

TEST_F(DnsPolicy, WhatAResolverDoesNotDoIsRefused) {
  EXPECT_EQ(told("example.com", kTypeAxfr), "rcode 5");
  Message m;
  EXPECT_EQ(decide(m, registry_, site_, 0).reply.rcode, kFormErr);
  m.question = Question{n("version.bind"), kTypeTxt, 3};
  EXPECT_EQ(decide(m, registry_, site_, 0).reply.rcode, kRefused);
  m.question->klass = kClassIn;
  m.edns = Edns{1232, 1, false};
  EXPECT_EQ(decide(m, registry_, site_, 0).reply.rcode, kBadVers);
  m.opcode = 5;
  EXPECT_EQ(decide(m, registry_, site_, 0).reply.rcode, kNotImp);
}

}  // namespace
}  // namespace drydock::netns::dns
