#include "netns/dns/servers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "netns/dns/resolv_watch.h"

namespace drydock::netns::dns {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> texts(const std::vector<Server>& servers) {
  std::vector<std::string> all;
  for (const Server& s : servers) all.push_back(s.text);
  return all;
}

class DnsServers : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("dns-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string file(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  std::filesystem::path folder_;
};

TEST(DnsServer, IsAnAddressWithOrWithoutAPort) {
  EXPECT_EQ(parse_server("10.0.0.2")->length, sizeof(sockaddr_in));
  EXPECT_EQ(parse_server("fe80::1%lo")->length, sizeof(sockaddr_in6));
  EXPECT_TRUE(parse_server("127.0.0.1:5353"));
  EXPECT_TRUE(parse_server("[2001:db8::1]:53"));
  EXPECT_TRUE(parse_server("2001:db8::1"));
  for (const char* bad : {"", "dns.example.com", "10", "10.0.0.2:", "10.0.0.2:0", "10.0.0.2:65536",
                          "[10.0.0.2]:53", "[::1", "[::1]x", "::1%nosuchlink"})
    EXPECT_FALSE(parse_server(bad)) << bad;
}

TEST(DnsServer, ThoseOfAResolvConfAreReadInOrder) {
  EXPECT_THAT(texts(servers_in("# nameserver 1.1.1.1\nnameserver 127.0.0.1\n"
                               "  nameserver\t10.0.0.2 # x\nnameserver\nnameserver nonsense\n"
                               "options edns0\nnameserver 2001:db8::1")),
              ElementsAre("127.0.0.1", "10.0.0.2", "2001:db8::1"));
}

TEST_F(DnsServers, TheStubOfResolvedIsFollowed) {
  const auto stub = file("stub", "nameserver 127.0.0.53\n");
  const auto real = file("real", "nameserver 10.0.0.2\n");
  const auto local = file("local", "nameserver 127.0.0.1\n");
  EXPECT_THAT(texts(host_servers(stub, real)), ElementsAre("10.0.0.2"));
  EXPECT_THAT(texts(host_servers(real, "/nonexistent")), ElementsAre("10.0.0.2"));
  EXPECT_THAT(texts(host_servers(stub, "/nonexistent")), ElementsAre("127.0.0.53"));
  EXPECT_THAT(texts(host_servers(local, real)), ElementsAre("127.0.0.1"));
  EXPECT_THAT(texts(host_servers("/nonexistent", "/nonexistent")), IsEmpty());
}

TEST(DnsRanking, AServerThatFailedIsAskedLastForAWhile) {
  Ranking ranking(servers_in("nameserver 10.0.0.1\nnameserver 10.0.0.2\nnameserver 10.0.0.3\n"));
  const Clock::time_point t = Clock::now();
  ranking.failed("10.0.0.1", t);
  EXPECT_THAT(texts(ranking.order(t)), ElementsAre("10.0.0.2", "10.0.0.3", "10.0.0.1"));
  EXPECT_THAT(texts(ranking.order(t + std::chrono::minutes(1))),
              ElementsAre("10.0.0.1", "10.0.0.2", "10.0.0.3"));
  ranking.answered("10.0.0.1");
  EXPECT_THAT(texts(ranking.order(t)), ElementsAre("10.0.0.1", "10.0.0.2", "10.0.0.3"));
}

TEST_F(DnsServers, AReplacedFileIsNoticedAndAnotherFileIsNot) {
  const auto conf = file("resolv.conf", "nameserver 10.0.0.1\n");
  auto watch = ResolvWatch::open({conf, (folder_ / "none/resolv.conf").string()});
  ASSERT_TRUE(watch);
  file("hosts", "x");
  pollfd p{(*watch)->fd(), POLLIN, 0};
  ASSERT_EQ(::poll(&p, 1, 10'000), 1);
  EXPECT_FALSE((*watch)->changed());
  std::filesystem::rename(file("new", "nameserver 10.0.0.2\n"), conf);
  ASSERT_EQ(::poll(&p, 1, 10'000), 1);
  EXPECT_TRUE((*watch)->changed());
}

}  // namespace
}  // namespace drydock::netns::dns
