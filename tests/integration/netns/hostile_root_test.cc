#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <unistd.h>

#include <cstring>

#include "fixture.h"
#include "netns/links.h"
#include "netns/nft.h"

namespace drydock::netns::test {
namespace {

std::uint16_t checksum(const std::uint8_t* data, std::size_t size) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < size; i += 2)
    sum += static_cast<std::uint32_t>(data[i] << 8 | data[i + 1]);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return htons(static_cast<std::uint16_t>(~sum));
}

// A whole frame with one UDP datagram, as a task with CAP_NET_RAW can write it.
struct Forged {
  Mac to, from;
  Ipv4 source, target;
  int port = 0;
};

std::string frame_of(const Forged& f) {
  std::string frame(sizeof(ethhdr) + sizeof(iphdr) + sizeof(udphdr), '\0');
  auto* eth = reinterpret_cast<ethhdr*>(frame.data());
  std::memcpy(eth->h_dest, f.to.data(), 6);
  std::memcpy(eth->h_source, f.from.data(), 6);
  eth->h_proto = htons(ETH_P_IP);
  iphdr ip{};
  ip.version = 4;
  ip.ihl = 5;
  ip.ttl = 64;
  ip.protocol = IPPROTO_UDP;
  ip.tot_len = htons(sizeof(iphdr) + sizeof(udphdr));
  ip.saddr = htonl(f.source.value);
  ip.daddr = htonl(f.target.value);
  ip.check = checksum(reinterpret_cast<const std::uint8_t*>(&ip), sizeof ip);
  std::memcpy(frame.data() + sizeof(ethhdr), &ip, sizeof ip);
  udphdr udp{};
  udp.source = htons(4444);
  udp.dest = htons(static_cast<std::uint16_t>(f.port));
  udp.len = htons(sizeof(udphdr));
  std::memcpy(frame.data() + sizeof(ethhdr) + sizeof(iphdr), &udp, sizeof udp);
  return frame;
}

Status send_frame(const std::string& frame, const char* interface) {
  const UniqueFd raw(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_ifindex = static_cast<int>(::if_nametoindex(interface));
  to.sll_halen = 6;
  std::memcpy(to.sll_addr, frame.data(), 6);
  if (::sendto(raw.get(), frame.data(), frame.size(), 0, reinterpret_cast<sockaddr*>(&to),
               sizeof to) < 0)
    return fail_errno("send a raw frame");
  return {};
}

// Of either shape: the same holds for a task's interface and for a container on the bridge.
class HostileTask : public NetworkRoot, public ::testing::WithParamInterface<Shape> {
 protected:
  void SetUp() override {
    NetworkRoot::SetUp();
    if (IsSkipped()) return;
    network_ = open();
    TaskPlace place;
    place.shape = GetParam();
    auto a = network_->acquire(place);
    auto b = network_->acquire(place);
    ASSERT_TRUE(a && b);
    evil_ = std::move(*a);
    other_ = std::move(*b);
    evil_address_ = *parse_ipv4(evil_.address);
    other_address_ = *parse_ipv4(other_.address);
    gateway_ = *parse_ipv4(evil_.gateway);
    gate_ = serve("0.0.0.0", 0, SOCK_DGRAM);
  }
  // Does what `frame` carries arrive at `victim`? An honest datagram sent after it on the same path
  // ends the wait.
  bool arrives(const std::string& frame, const UniqueFd& victim) {
    EXPECT_EQ(in(evil_, [&] { return send_frame(frame, interface()); }), "");
    const std::string honest = frame_of(
        {mac_of(gateway_), mac_of(evil_address_), evil_address_, gateway_, port_of(gate_)});
    EXPECT_EQ(in(evil_, [&] { return send_frame(honest, interface()); }), "");
    EXPECT_EQ(answer_one(gate_, SOCK_DGRAM).value_or("nobody"), evil_.address);
    return has_input(victim);
  }
  const char* interface() const { return GetParam() == Shape::kEni ? "eth1" : "eth0"; }
  std::unique_ptr<Network> network_;
  TaskNetwork evil_, other_;
  Ipv4 evil_address_, other_address_, gateway_;
  UniqueFd gate_;
};

TEST_P(HostileTask, CanNotReachTheLoopbackOfTheHost) {
  const UniqueFd secret = serve("127.0.0.1", 0, SOCK_DGRAM);
  const std::string frame = frame_of({mac_of(gateway_), mac_of(evil_address_), evil_address_,
                                      *parse_ipv4("127.0.0.1"), port_of(secret)});
  EXPECT_FALSE(arrives(frame, secret));
  // Without our rules it would: this test can fail.
  ASSERT_EQ(text(nft("delete table inet drydock_0badcafe\n")), "");
  EXPECT_TRUE(arrives(frame, secret));
}

TEST_P(HostileTask, CanNotSendAsAnotherTask) {
  const UniqueFd host = serve("10.77.0.1", 0, SOCK_DGRAM);
  const auto frame = [&](Ipv4 address, Ipv4 mac_owner) {
    return frame_of({mac_of(gateway_), mac_of(mac_owner), address, gateway_, port_of(host)});
  };
  EXPECT_FALSE(arrives(frame(other_address_, evil_address_), host)) << "with another's address";
  EXPECT_FALSE(arrives(frame(evil_address_, other_address_), host))
      << "with another's hardware address";
  EXPECT_FALSE(arrives(frame(other_address_, other_address_), host)) << "with both";
  EXPECT_FALSE(arrives(frame(*parse_ipv4("127.0.0.1"), evil_address_), host))
      << "from the loopback";
  EXPECT_TRUE(arrives(frame(evil_address_, evil_address_), host)) << "as itself";
}

TEST_P(HostileTask, CanNotStealAnAddressByArp) {
  struct [[gnu::packed]] Arp {
    ethhdr eth;
    arphdr head;
    std::uint8_t sender_mac[6];
    std::uint32_t sender;
    std::uint8_t target_mac[6];
    std::uint32_t target;
  } claim{};
  std::memset(claim.eth.h_dest, 0xff, 6);
  std::memcpy(claim.eth.h_source, mac_of(evil_address_).data(), 6);
  claim.eth.h_proto = htons(ETH_P_ARP);
  claim.head = {htons(ARPHRD_ETHER), htons(ETH_P_IP), 6, 4, htons(ARPOP_REPLY)};
  std::memcpy(claim.sender_mac, mac_of(evil_address_).data(), 6);
  claim.sender = claim.target = htonl(other_address_.value);
  EXPECT_FALSE(arrives(std::string(reinterpret_cast<const char*>(&claim), sizeof claim), gate_));
  EXPECT_EQ(ask_task(other_, 80, other_.address, 80), "hello 10.77.0.1");
}

TEST_P(HostileTask, LinkLocalServicesOfTheHostsNetworkAreRefused) {
  EXPECT_EQ(in(evil_,
               []() -> Status {
                 DRYDOCK_TRY(dial("169.254.169.254", 80));
                 return {};
               }),
            "connect to 169.254.169.254:80: Connection refused");
}

TEST_P(HostileTask, TheOutsideReachesNoTaskByItsAddress) {
  UniqueFd server;
  ASSERT_EQ(in(other_,
               [&]() -> Status {
                 server = serve("0.0.0.0", 7000, SOCK_DGRAM);
                 return {};
               }),
            "");
  EXPECT_EQ(outside([&]() -> Status {
              DRYDOCK_LET(Links links, Links::open());
              DRYDOCK_LET(const int eth1, links.index_of("eth1"));
              DRYDOCK_TRY(links.add_default_route(*parse_ipv4(kUplink), eth1));
              DRYDOCK_LET(const UniqueFd to_task, dial(other_.address, 7000, SOCK_DGRAM));
              DRYDOCK_LET(const UniqueFd to_host, dial(kUplink, port_of(gate_), SOCK_DGRAM));
              if (::write(to_task.get(), "x", 1) != 1 || ::write(to_host.get(), "x", 1) != 1)
                return fail_errno("send");
              return {};
            }),
            "");
  EXPECT_EQ(answer_one(gate_, SOCK_DGRAM).value_or("nobody"), kOutside);
  EXPECT_FALSE(has_input(server));
}

INSTANTIATE_TEST_SUITE_P(Shapes, HostileTask, ::testing::Values(Shape::kEni, Shape::kBridge),
                         [](const auto& shape) {
                           return shape.param == Shape::kEni ? "Eni" : "Bridge";
                         });

}  // namespace
}  // namespace drydock::netns::test
