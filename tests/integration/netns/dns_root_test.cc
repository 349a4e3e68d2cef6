#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "base/files.h"
#include "fixture.h"
#include "netns/dns/message.h"
#include "netns/dns/registry.h"

namespace drydock::netns::test {
namespace {

using namespace dns;

constexpr const char* kResolver = "10.77.0.2";
constexpr const char* kLinkLocal = "169.254.169.253";
constexpr int kPatience = 10'000;

Message query(const std::string& name, std::uint16_t type = kTypeA) {
  Message m;
  m.id = 4711;
  m.recursion_desired = true;
  m.question = Question{*name_of(name), type, kClassIn};
  return m;
}

Result<std::string> receive(int fd, std::size_t exactly = 0) {
  std::string all;
  do {
    pollfd p{fd, POLLIN, 0};
    if (::poll(&p, 1, kPatience) != 1) return fail(Errc::kSystem, "no answer");
    char buffer[65536];
    const ssize_t n = ::read(fd, buffer, exactly ? exactly - all.size() : sizeof buffer);
    if (n < 0) return fail_errno("read");
    if (n == 0) return fail(Errc::kSystem, "closed");
    all.append(buffer, static_cast<std::size_t>(n));
  } while (all.size() < exactly);
  return all;
}

std::string framed(const std::string& packet) {
  return std::string{static_cast<char>(packet.size() >> 8), static_cast<char>(packet.size())} +
         packet;
}

Result<std::string> receive_framed(int fd) {
  DRYDOCK_LET(const std::string length, receive(fd, 2));
  return receive(fd, std::size_t{static_cast<std::uint8_t>(length[0])} << 8 |
                         static_cast<std::uint8_t>(length[1]));
}

// From inside the calling thread's namespace.
Result<Message> resolve(const Message& m, int type = SOCK_DGRAM,
                        const std::string& server = kResolver) {
  DRYDOCK_LET(const UniqueFd fd, dial(server, 53, type));
  const std::string packet = encode(m);
  DRYDOCK_TRY(write_all(fd.get(), type == SOCK_DGRAM ? packet : framed(packet)));
  DRYDOCK_LET(const std::string said,
              type == SOCK_DGRAM ? receive(fd.get()) : receive_framed(fd.get()));
  return decode(said);
}

// As clients do: asks again when nothing comes.
Status insist(const std::string& name) {
  DRYDOCK_LET(const UniqueFd fd, dial(kResolver, 53, SOCK_DGRAM));
  for (int n = 0; n < 50; ++n) {
    DRYDOCK_TRY(write_all(fd.get(), encode(query(name))));
    pollfd p{fd.get(), POLLIN, 0};
    if (::poll(&p, 1, kPatience / 50) == 1) return {};
  }
  return fail(Errc::kSystem, "no answer");
}

// A name server of the host: "big.*" has 100 addresses, "no.*" does not exist, "fail.*" is
// SERVFAIL, every other name is 192.0.2.<n>.
class Upstream {
 public:
  explicit Upstream(char n) : n_(n) {
    udp_ = serve("127.0.0.1", 0, SOCK_DGRAM);
    port_ = port_of(udp_);
    tcp_ = serve("127.0.0.1", port_);
    EXPECT_EQ(::pipe2(stop_, O_CLOEXEC), 0);
    thread_ = std::thread([this] { run(); });
  }
  ~Upstream() {
    ::close(stop_[1]);
    thread_.join();
    ::close(stop_[0]);
  }
  Upstream(const Upstream&) = delete;
  Upstream& operator=(const Upstream&) = delete;
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::atomic<int> asked{0};
  std::atomic<bool> silent{false};

 private:
  void run() {
    while (true) {
      pollfd p[] = {{udp_.get(), POLLIN, 0}, {tcp_.get(), POLLIN, 0}, {stop_[0], POLLIN, 0}};
      ::poll(p, 3, -1);
      if (p[2].revents) return;
      if (p[0].revents) over_udp();
      if (p[1].revents) over_tcp();
    }
  }
  std::string answer(const std::string& packet, std::size_t limit) {
    ++asked;
    const auto m = decode(packet);
    if (!m) return {};
    Message reply = reply_to(*m);
    const std::string name = text_of(m->question->name);
    if (name.starts_with("no.")) {
      reply.rcode = kNxDomain;
    } else if (name.starts_with("fail.")) {
      reply.rcode = kServFail;
    } else if (m->question->type == kTypeA) {
      const int count = name.starts_with("big.") ? 100 : 1;
      for (int i = 0; i < count; ++i)
        reply.answers.push_back({m->question->name, kTypeA, kClassIn, 60,
                                 std::string{'\xc0', '\0', static_cast<char>(2 + i), n_}});
    }
    return encode(reply, limit);
  }
  void over_udp() {
    char buffer[4096];
    sockaddr_in peer{};
    socklen_t length = sizeof peer;
    const ssize_t n = ::recvfrom(udp_.get(), buffer, sizeof buffer, 0,
                                 reinterpret_cast<sockaddr*>(&peer), &length);
    const std::string reply = answer(std::string(buffer, static_cast<std::size_t>(n)), kPlainUdp);
    // A forger on the way: another id, another question. Nobody may believe it.
    Message forged = *decode(reply);
    forged.id = static_cast<std::uint16_t>(forged.id + 1);
    forged.answers.assign(1, {forged.question->name, kTypeA, kClassIn, 60, "\6\6\6\6"});
    Message other = forged;
    --other.id;
    other.question->name = *name_of("other.example.com");
    if (silent) return;
    for (const std::string& packet : {encode(forged), encode(other), reply})
      ::sendto(udp_.get(), packet.data(), packet.size(), 0,
               reinterpret_cast<const sockaddr*>(&peer), length);
  }
  void over_tcp() {
    const UniqueFd client(::accept4(tcp_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const auto packet = receive_framed(client.get());
    if (packet) (void)write_all(client.get(), framed(answer(*packet, kMaxPacket)));
  }

  char n_;
  UniqueFd udp_, tcp_;
  int port_ = 0;
  int stop_[2] = {-1, -1};
  std::thread thread_;
};

class Dns : public NetworkRoot {
 protected:
  std::unique_ptr<Network> open_with(const std::vector<std::string>& upstreams,
                                     const std::vector<KnownSlot>& known = {}) {
    NetworkConfig c = config();
    c.dns_upstreams = upstreams;
    return open(c, known);
  }
  // What is told inside `task`: addresses, or the rcode when there are none.
  std::string told(const TaskNetwork& task, const std::string& name, std::uint16_t type = kTypeA,
                   int socket = SOCK_DGRAM, const std::string& server = kResolver) {
    std::string said;
    const std::string error = in(task, [&]() -> Status {
      DRYDOCK_LET(const Message reply, resolve(query(name, type), socket, server));
      said = shown(reply);
      return {};
    });
    return error.empty() ? said : error;
  }
  static std::string shown(const Message& reply) {
    if (reply.answers.empty()) return "rcode " + std::to_string(reply.rcode);
    std::string text;
    for (const Record& r : reply.answers) {
      if (!text.empty()) text += " ";
      if (r.type != kTypeA) {
        text += text_of(r.data);
        continue;
      }
      std::uint32_t v = 0;
      for (const char c : r.data) v = v << 8 | static_cast<std::uint8_t>(c);
      text += to_string(Ipv4{v});
    }
    return text;
  }
};

TEST_F(Dns, LocalNamesAreAnsweredAtBothAddressesOverUdpAndTcp) {
  auto network = open();
  auto task = network->acquire();
  ASSERT_EQ(text(task), "");
  network->names().put("t", {{"default.local"}, {{"web.default.local", *parse_ipv4("10.77.0.9")}}});
  for (const char* server : {kResolver, kLinkLocal})
    for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
      EXPECT_EQ(told(*task, "web.default.local", kTypeA, type, server), "10.77.0.9");
      EXPECT_EQ(told(*task, "host.docker.internal", kTypeA, type, server), "10.77.0.1");
    }
  EXPECT_EQ(told(*task, "web.default.local", kTypeAaaa), "rcode 0");
  EXPECT_EQ(told(*task, "4.0.77.10.in-addr.arpa", kTypePtr), "ip-10-77-0-4.ec2.internal");
  EXPECT_EQ(task->dns_servers, std::vector<std::string>{"10.77.0.2"});
  EXPECT_EQ(task->dns_search, std::vector<std::string>{"ec2.internal"});
}

TEST_F(Dns, WhatIsNotLocalIsAskedOnceAndForgeriesAreNotBelieved) {
  Upstream upstream('\1');
  auto network = open_with({upstream.address()});
  auto a = network->acquire();
  auto b = network->acquire();
  ASSERT_TRUE(a && b);
  EXPECT_EQ(told(*a, "www.example.com"), "192.0.2.1");
  EXPECT_EQ(told(*b, "WWW.example.com"), "192.0.2.1");
  EXPECT_EQ(upstream.asked, 1) << "the second answer comes from the cache";
  EXPECT_EQ(told(*a, "no.example.com"), "rcode 3");
  EXPECT_EQ(network->report().nameservers, std::vector<std::string>{upstream.address()});
}

TEST_F(Dns, ABigAnswerIsCutOverUdpAndWholeOverTcp) {
  Upstream upstream('\1');
  auto network = open_with({upstream.address()});
  auto task = network->acquire();
  ASSERT_EQ(text(task), "");
  EXPECT_EQ(in(*task,
               []() -> Status {
                 DRYDOCK_LET(const Message cut, resolve(query("big.example.com")));
                 EXPECT_TRUE(cut.truncated);
                 Message edns = query("big.example.com");
                 edns.edns = Edns{4096, 0, false};
                 DRYDOCK_LET(const Message wide, resolve(edns));
                 EXPECT_FALSE(wide.truncated);
                 EXPECT_EQ(wide.answers.size(), 100u);
                 DRYDOCK_LET(const Message whole, resolve(query("big.example.com"), SOCK_STREAM));
                 EXPECT_EQ(whole.answers.size(), 100u);
                 return {};
               }),
            "");
}

TEST_F(Dns, AClientThatSendsNoMoreGetsWhatItAskedFor) {
  Upstream upstream('\1');
  auto network = open_with({upstream.address()});
  auto task = network->acquire();
  ASSERT_EQ(text(task), "");
  EXPECT_EQ(in(*task,
               []() -> Status {
                 DRYDOCK_LET(const UniqueFd fd, dial(kResolver, 53));
                 DRYDOCK_TRY(write_all(fd.get(), framed(encode(query("a.example.com"))) +
                                                     framed(encode(query("big.example.com")))));
                 ::shutdown(fd.get(), SHUT_WR);
                 std::set<std::size_t> counts;  // whichever is known first comes first
                 for (int n = 0; n < 2; ++n) {
                   DRYDOCK_LET(const std::string packet, receive_framed(fd.get()));
                   DRYDOCK_LET(const Message reply, decode(packet));
                   counts.insert(reply.answers.size());
                 }
                 EXPECT_EQ(counts, (std::set<std::size_t>{1, 100}));
                 char end = 0;
                 pollfd p{fd.get(), POLLIN, 0};
                 EXPECT_EQ(::poll(&p, 1, kPatience), 1);
                 EXPECT_EQ(::read(fd.get(), &end, 1), 0) << "and then the end";
                 return {};
               }),
            "");
}

TEST_F(Dns, AServerThatIsSilentOrGoneIsPassedOver) {
  Upstream silent('\1'), good('\2');
  silent.silent = true;
  auto network = open_with({"127.0.0.1:1", silent.address(), good.address()});
  auto task = network->acquire();
  ASSERT_EQ(text(task), "");
  EXPECT_EQ(told(*task, "a.example.com"), "192.0.2.2");
  EXPECT_EQ(silent.asked, 1);
  EXPECT_EQ(told(*task, "b.example.com"), "192.0.2.2");
  EXPECT_EQ(silent.asked, 1) << "it is asked last for a while";
}

TEST_F(Dns, EqualQuestionsThatWaitAreAskedOnce) {
  Upstream silent('\1');
  silent.silent = true;
  auto network = open_with({silent.address()});
  auto task = network->acquire();
  ASSERT_EQ(text(task), "");
  EXPECT_EQ(in(*task,
               []() -> Status {
                 UniqueFd clients[3];
                 Message m = query("same.example.com");
                 for (UniqueFd& fd : clients) {
                   DRYDOCK_LET(fd, dial(kResolver, 53, SOCK_DGRAM));
                   ++m.id;
                   DRYDOCK_TRY(write_all(fd.get(), encode(m)));
                 }
                 for (std::uint16_t n = 0; n < 3; ++n) {
                   DRYDOCK_LET(const std::string packet, receive(clients[n].get()));
                   DRYDOCK_LET(const Message reply, decode(packet));
                   EXPECT_EQ(reply.rcode, kServFail);
                   EXPECT_EQ(reply.id, m.id - 2 + n) << "each has its own id";
                 }
                 return {};
               }),
            "");
  EXPECT_EQ(silent.asked, 2) << "two tries for all of them";
}

TEST_F(Dns, AServerThatFailsForOneNameIsNotTheLastWord) {
  Upstream failing('\1'), good('\2');
  auto network = open_with({failing.address(), good.address()});
  auto task = network->acquire();
  ASSERT_EQ(text(task), "");
  EXPECT_EQ(told(*task, "fail.example.com"), "rcode 2");
  EXPECT_EQ(failing.asked, 1);
  EXPECT_EQ(good.asked, 1);
}

TEST_F(Dns, WithoutAnyServerLocalNamesWorkAndOthersFailAtOnce) {
  auto network = open_with({"127.0.0.1:1"});
  auto task = network->acquire();
  ASSERT_EQ(text(task), "");
  EXPECT_EQ(told(*task, "www.example.com"), "rcode 2");
  EXPECT_EQ(told(*task, "host.drydock.internal"), "10.77.0.1");
}

TEST_F(Dns, AnUpstreamThatIsNoAddressIsRefused) {
  NetworkConfig c = config();
  c.dns_upstreams = {"dns.example.com"};
  EXPECT_NE(text(Network::open(c, {})).find("\"dns.example.com\" is no address"),
            std::string::npos);
}

TEST_F(Dns, AHostileTaskHarmsNobodyElse) {
  Upstream upstream('\1');
  auto network = open_with({upstream.address()});
  auto bad = network->acquire();
  auto good = network->acquire();
  ASSERT_TRUE(bad && good);
  const Traces before = traces();
  EXPECT_EQ(in(*bad,
               [&]() -> Status {
                 std::vector<UniqueFd> held;
                 for (int i = 0; i < 200; ++i) {
                   DRYDOCK_LET(UniqueFd fd, dial(kResolver, 53));
                   // Half a query, an endless one, and garbage.
                   (void)write_all(fd.get(), i % 3 == 0   ? std::string("\0\x20q", 3)
                                             : i % 3 == 1 ? std::string(600, '\xff')
                                                          : framed(std::string(100, '\xc0')));
                   held.push_back(std::move(fd));
                 }
                 DRYDOCK_LET(const UniqueFd udp, dial(kResolver, 53, SOCK_DGRAM));
                 for (int i = 0; i < 5000; ++i) {
                   const std::string junk =
                       i % 2 ? std::string(static_cast<std::size_t>(i % 600), '\xc0')
                             : encode(query("n" + std::to_string(i) + ".example.com"));
                   (void)!::send(udp.get(), junk.data(), junk.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
                 }
                 EXPECT_EQ(told(*good, "www.example.com"), "192.0.2.1");
                 return insist("host.docker.internal");
               }),
            "");
  bad->metadata_listener.reset();
  EXPECT_EQ(text(network->release(bad->slot)), "");
  EXPECT_LE(traces().threads, before.threads);
}

TEST_F(Dns, ANewDaemonServesTheSameTask) {
  Upstream upstream('\1');
  auto network = open_with({upstream.address()});
  auto task = network->acquire();
  ASSERT_EQ(text(task), "");
  EXPECT_EQ(told(*task, "www.example.com"), "192.0.2.1");
  task->metadata_listener.reset();
  network.reset();  // as if it had been killed
  network = open_with({upstream.address()}, {{task->slot, task->address, {}}});
  auto again = network->reopen(task->slot);
  ASSERT_EQ(text(again), "");
  EXPECT_EQ(told(*task, "www.example.com"), "192.0.2.1");
  EXPECT_EQ(told(*task, "host.docker.internal", kTypeA, SOCK_STREAM), "10.77.0.1");
}

TEST_F(Dns, ATasksOwnServerOnTheWildcardIsNotInTheWay) {
  auto network = open();
  auto task = network->acquire();
  ASSERT_EQ(text(task), "");
  UniqueFd udp, tcp;
  EXPECT_EQ(in(*task,
               [&]() -> Status {
                 udp = serve("0.0.0.0", 53, SOCK_DGRAM);
                 tcp = serve("0.0.0.0", 53);
                 return udp && tcp ? Status() : fail_errno("bind");
               }),
            "");
  EXPECT_EQ(told(*task, "host.docker.internal"), "10.77.0.1");
  EXPECT_EQ(told(*task, "host.docker.internal", kTypeA, SOCK_STREAM), "10.77.0.1");
  EXPECT_FALSE(has_input(udp));
  EXPECT_FALSE(has_input(tcp));
  EXPECT_EQ(ask_task(*task, 80, task->address, 80), "hello 10.77.0.1");
}

}  // namespace
}  // namespace drydock::netns::test
