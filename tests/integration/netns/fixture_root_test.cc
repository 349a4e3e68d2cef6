#include "fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sstream>
#include <thread>

#include "base/files.h"
#include "base/ids.h"
#include "netns/links.h"
#include "netns/nft.h"

namespace drydock::netns::test {
namespace {

constexpr int kPatience = 10'000;  // ms, only ever used up by a failure

bool wait_for(int fd, short events, int ms = kPatience) {
  pollfd p{fd, events, 0};
  return ::poll(&p, 1, ms) == 1;
}

socklen_t fill(sockaddr_storage& storage, const std::string& address, int port) {
  if (address.find(':') != address.npos) {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(static_cast<std::uint16_t>(port));
    ::inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr);
    return sizeof *v6;
  }
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  v4->sin_family = AF_INET;
  v4->sin_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(AF_INET, address.c_str(), &v4->sin_addr);
  return sizeof *v4;
}

std::string name_of(const sockaddr_storage& peer) {
  char buffer[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(&peer)->sin_addr, buffer,
              sizeof buffer);
  return buffer;
}

}  // namespace

std::string text(const Status& status) { return status ? "" : status.error().message; }

UniqueFd serve(const std::string& address, int port, int type) {
  sockaddr_storage storage{};
  const socklen_t length = fill(storage, address, port);
  UniqueFd fd(::socket(storage.ss_family, type | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (storage.ss_family == AF_INET6)
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&storage), length) != 0) return {};
  if (type == SOCK_STREAM && ::listen(fd.get(), 16) != 0) return {};
  return fd;
}

int port_of(const UniqueFd& socket) {
  sockaddr_in name{};
  socklen_t length = sizeof name;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&name), &length);
  return ntohs(name.sin_port);
}

Result<UniqueFd> dial(const std::string& address, int port, int type) {
  const std::string doing = "connect to " + address + ":" + std::to_string(port);
  sockaddr_storage storage{};
  const socklen_t length = fill(storage, address, port);
  UniqueFd fd(::socket(storage.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&storage), length) != 0) {
    if (errno != EINPROGRESS) return fail_errno(doing);
    if (!wait_for(fd.get(), POLLOUT)) return fail(Errc::kSystem, doing + ": no answer");
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return fail_errno(doing, error);
  }
  return fd;
}

Result<std::string> answer_one(const UniqueFd& server, int type) {
  if (!wait_for(server.get(), POLLIN)) return fail(Errc::kSystem, "nobody came");
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  if (type == SOCK_DGRAM) {
    char buffer[64];
    if (::recvfrom(server.get(), buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&peer),
                   &length) < 0)
      return fail_errno("recvfrom");
    const std::string reply = "hello " + name_of(peer);
    ::sendto(server.get(), reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&peer),
             length);
    return name_of(peer);
  }
  const UniqueFd client(
      ::accept4(server.get(), reinterpret_cast<sockaddr*>(&peer), &length, SOCK_CLOEXEC));
  if (!client) return fail_errno("accept");
  DRYDOCK_TRY(write_all(client.get(), "hello " + name_of(peer)));
  return name_of(peer);
}

Result<std::string> ask(const std::string& address, int port, int type) {
  DRYDOCK_LET(const UniqueFd fd, dial(address, port, type));
  if (type == SOCK_DGRAM) DRYDOCK_TRY(write_all(fd.get(), "?"));
  if (!wait_for(fd.get(), POLLIN)) return fail(Errc::kSystem, "no answer from " + address);
  char buffer[128];
  const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
  if (n < 0) return fail_errno("read");
  return std::string(buffer, static_cast<std::size_t>(n));
}

bool has_input(const UniqueFd& socket) { return wait_for(socket.get(), POLLIN, 0); }

std::ostream& operator<<(std::ostream& out, const Traces& t) {
  for (const auto* set : {&t.links, &t.mounts, &t.files}) {
    for (const auto& s : *set) out << s << "; ";
    out << "\n";
  }
  return out << t.ruleset << "\n" << t.descriptors << " descriptors, " << t.threads << " threads";
}

void NetworkRoot::SetUp() {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  run_dir_ = "/tmp/drydock-netns-" + random_hex(6);
  ASSERT_EQ(::unshare(CLONE_NEWNET | CLONE_NEWNS), 0) << "needs CAP_SYS_ADMIN";
  ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
  ASSERT_EQ(text(make_dirs(run_dir_)), "");
  auto links = Links::open();
  ASSERT_TRUE(links);
  ASSERT_EQ(text(links->set_up(1)), "");
  auto ns = Netns::create();
  ASSERT_TRUE(ns) << ns.error().message;
  outside_ = std::make_unique<Netns>(std::move(*ns));
  ASSERT_EQ(text(links->add_veth({"up0", "eth1", 0, 1500, outside_->fd(), {2, 0, 0, 0, 0, 1}})),
            "");
  const int up = static_cast<int>(::if_nametoindex("up0"));
  ASSERT_EQ(text(links->add_address(up, *parse_ipv4(kUplink), 24)), "");
  ASSERT_EQ(outside([]() -> Status {
              DRYDOCK_LET(Links l, Links::open());
              DRYDOCK_LET(const int eth1, l.index_of("eth1"));
              DRYDOCK_TRY(l.add_address(eth1, *parse_ipv4(kOutside), 24));
              DRYDOCK_TRY(l.set_up(1));
              return l.set_up(eth1);
            }),
            "");
  ASSERT_EQ(text(links->add_default_route(*parse_ipv4(kOutside), up)), "");
}

void NetworkRoot::TearDown() {
  if (run_dir_.empty()) return;
  for (const auto& name : list_dir(run_dir_ + "/netns"))
    (void)forget_namespace(run_dir_ + "/netns/" + name);
  (void)remove_keeping_folder(run_dir_ + "/netns");
  EXPECT_EQ(text(remove_tree(run_dir_)), "");
}

NetworkConfig NetworkRoot::config(const std::string& id) const {
  NetworkConfig c;
  c.instance_id = id;
  c.run_dir = run_dir_;
  c.subnet = "10.77.0.0/16";
  c.pool_size = 0;
  return c;
}

std::unique_ptr<Network> NetworkRoot::open(const std::vector<KnownSlot>& known, int pool) {
  NetworkConfig c = config();
  c.pool_size = pool;
  return open(c, known);
}

std::unique_ptr<Network> NetworkRoot::open(const NetworkConfig& c,
                                           const std::vector<KnownSlot>& known) {
  auto network = Network::open(c, known);
  EXPECT_EQ(text(network), "");
  return network ? std::move(*network) : nullptr;
}

std::string NetworkRoot::in(const TaskNetwork& task, const std::function<Status()>& body) {
  auto ns = Netns::open(task.netns_path);
  return ns ? text(ns->run(body)) : ns.error().message;
}

std::string NetworkRoot::outside(const std::function<Status()>& body) {
  return text(outside_->run(body));
}

std::string NetworkRoot::ask_task(const TaskNetwork& task, int task_port,
                                  const std::string& address, int port, int type) {
  UniqueFd server;
  (void)in(task, [&]() -> Status {
    server = serve("0.0.0.0", task_port, type);
    return {};
  });
  if (!server) return "no server";
  Result<std::string> seen = fail(Errc::kSystem, "");
  std::thread answering([&] { seen = answer_one(server, type); });
  auto said = ask(address, port, type);
  if (!said) ::shutdown(server.get(), SHUT_RDWR);
  answering.join();
  return said ? *said : said.error().message;
}

Traces NetworkRoot::traces() const {
  Traces t;
  auto* names = ::if_nameindex();
  for (auto* n = names; n && n->if_index; ++n) t.links.insert(n->if_name);
  ::if_freenameindex(names);
  std::istringstream mounts(read_file("/proc/thread-self/mountinfo").value());
  for (std::string line; std::getline(mounts, line);)
    if (line.find(run_dir_) != line.npos) t.mounts.insert(line);
  for (const auto& name : list_dir(run_dir_)) {
    t.files.insert(name);
    for (const auto& inner : list_dir(run_dir_ + "/" + name)) t.files.insert(name + "/" + inner);
  }
  t.ruleset = run_program("nft", {"-s", "list", "ruleset"}, "")->out;
  t.descriptors = list_dir("/proc/self/fd").size();
  t.threads = list_dir("/proc/self/task").size();
  return t;
}

void NetworkRoot::wait_until_gone(const std::string& link) {
  const UniqueFd events(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  sockaddr_nl name{};
  name.nl_family = AF_NETLINK;
  name.nl_groups = RTMGRP_LINK;
  ASSERT_EQ(::bind(events.get(), reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  char buffer[32768];
  while (::if_nametoindex(link.c_str()) != 0) {
    ASSERT_TRUE(wait_for(events.get(), POLLIN)) << link << " stays";
    ASSERT_GT(::read(events.get(), buffer, sizeof buffer), 0);
  }
}

void NetworkRoot::sysctl(const std::string& name, const std::string& value) {
  const UniqueFd fd(::open(("/proc/sys/" + name).c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(fd) << name;
  ASSERT_EQ(text(write_all(fd.get(), value)), "");
}

}  // namespace drydock::netns::test
