#include "netns/table_watch.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace drydock::netns {
namespace {

// One transaction comes in several messages, and a firewall's start is several transactions.
constexpr int kQuietMs = 50;

// Of tables, chains and rules alike the first attribute is the table's name.
static_assert(NFTA_TABLE_NAME == 1 && NFTA_CHAIN_TABLE == 1 && NFTA_RULE_TABLE == 1);

std::string_view table_of(std::string_view message) {
  std::size_t at = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(nfgenmsg));
  while (at + sizeof(nlattr) <= message.size()) {
    nlattr head{};
    std::memcpy(&head, message.data() + at, sizeof head);
    if (head.nla_len < NLA_HDRLEN || at + head.nla_len > message.size()) break;
    if ((head.nla_type & NLA_TYPE_MASK) == NFTA_TABLE_NAME) {
      const auto name = message.substr(at + NLA_HDRLEN, head.nla_len - NLA_HDRLEN);
      return name.substr(0, name.find('\0'));
    }
    at += NLA_ALIGN(head.nla_len);
  }
  return {};
}

}  // namespace

bool matters(std::string_view messages, std::string_view ours) {
  while (messages.size() >= sizeof(nlmsghdr)) {
    nlmsghdr head{};
    std::memcpy(&head, messages.data(), sizeof head);
    if (head.nlmsg_len < sizeof head || head.nlmsg_len > messages.size()) return false;
    const int kind = head.nlmsg_type & 0xff;
    const bool gone =
        kind == NFT_MSG_DELTABLE || kind == NFT_MSG_DELCHAIN || kind == NFT_MSG_DELRULE;
    if (head.nlmsg_type >> 8 == NFNL_SUBSYS_NFTABLES && (gone || kind == NFT_MSG_NEWCHAIN)) {
      const auto table = table_of(messages.substr(0, head.nlmsg_len));
      if ((gone && table == ours) || table == "filter") return true;
    }
    messages.remove_prefix(std::min<std::size_t>(NLMSG_ALIGN(head.nlmsg_len), messages.size()));
  }
  return false;
}

Result<std::unique_ptr<TableWatch>> TableWatch::open(const std::string& table,
                                                     std::function<void()> look) {
  std::unique_ptr<TableWatch> w(new TableWatch);
  w->table_ = table;
  w->look_ = std::move(look);
  w->events_.reset(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
  w->stop_.reset(::eventfd(0, EFD_CLOEXEC));
  sockaddr_nl name{};
  name.nl_family = AF_NETLINK;
  name.nl_groups = 1u << (NFNLGRP_NFTABLES - 1);
  if (!w->events_ || !w->stop_ ||
      ::bind(w->events_.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0)
    return fail_errno("watch the nftables rules");
  TableWatch* raw = w.get();
  w->thread_ = std::thread([raw] { raw->run(); });
  return w;
}

TableWatch::~TableWatch() {
  const std::uint64_t one = 1;
  (void)!::write(stop_.get(), &one, sizeof one);  // cannot fail: the counter is zero
  if (thread_.joinable()) thread_.join();
}

// Reads what there is; true when it matters, or when the kernel had to leave something out.
bool TableWatch::drain() {
  std::array<char, 65536> buffer;
  bool found = false;
  for (;;) {
    const ssize_t n = ::recv(events_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return found || errno == ENOBUFS;
    found = matters({buffer.data(), static_cast<std::size_t>(n)}, table_) || found;
  }
}

void TableWatch::run() {
  bool due = false;
  for (;;) {
    pollfd fds[] = {{events_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
    const int n = ::poll(fds, 2, due ? kQuietMs : -1);
    if (n < 0 && errno != EINTR) return;
    if (fds[1].revents != 0) return;
    if (n > 0 && fds[0].revents != 0) {
      due = drain() || due;
    } else if (n == 0 && due) {
      due = false;
      look_();
    }
  }
}

}  // namespace drydock::netns
