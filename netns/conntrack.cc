#include "netns/conntrack.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include <string>
#include <vector>

#include "netns/nl_ptr.h"

namespace drydock::netns {
namespace {

using nl::Ptr;

// The two tuples and the zone name an entry: kept as the kernel sent them and sent back to delete
// it.
struct Entry {
  std::string original, reply;  // payloads of CTA_TUPLE_ORIG and CTA_TUPLE_REPLY
};

// CTA_FILTER (kernel 5.8): which fields of a tuple the dump compares. Bit 0 is the source address.
constexpr std::uint32_t kSourceAddress = 1u << 0;

Ptr<nl_msg> message(int type, int flags) {
  Ptr<nl_msg> msg(nlmsg_alloc_simple((NFNL_SUBSYS_CTNETLINK << 8) | type, flags));
  nfgenmsg head{};
  head.nfgen_family = AF_INET;
  head.version = NFNETLINK_V0;
  if (msg) nlmsg_append(msg.get(), &head, sizeof head, NLMSG_ALIGNTO);
  return msg;
}

std::string payload(const nlattr* attribute) {
  return attribute ? std::string(static_cast<const char*>(nla_data(attribute)),
                                 static_cast<std::size_t>(nla_len(attribute)))
                   : std::string();
}

Ipv4 source_of(const nlattr* tuple) {
  nlattr* parts[CTA_TUPLE_MAX + 1];
  nlattr* ip[CTA_IP_MAX + 1];
  if (!tuple || nla_parse_nested(parts, CTA_TUPLE_MAX, const_cast<nlattr*>(tuple), nullptr) < 0 ||
      !parts[CTA_TUPLE_IP] || nla_parse_nested(ip, CTA_IP_MAX, parts[CTA_TUPLE_IP], nullptr) < 0 ||
      !ip[CTA_IP_V4_SRC] || nla_len(ip[CTA_IP_V4_SRC]) != 4)
    return {};
  return {ntohl(nla_get_u32(ip[CTA_IP_V4_SRC]))};
}

struct Wanted {
  Ipv4 address;
  std::vector<Entry>* found;
};

int on_entry(nl_msg* msg, void* arg) {
  const auto* wanted = static_cast<Wanted*>(arg);
  nlattr* parts[CTA_MAX + 1];
  if (nlmsg_parse(nlmsg_hdr(msg), sizeof(nfgenmsg), parts, CTA_MAX, nullptr) < 0) return NL_SKIP;
  // A kernel without the filter sends everything.
  if (source_of(parts[CTA_TUPLE_ORIG]) == wanted->address ||
      source_of(parts[CTA_TUPLE_REPLY]) == wanted->address)
    wanted->found->push_back({payload(parts[CTA_TUPLE_ORIG]), payload(parts[CTA_TUPLE_REPLY])});
  return NL_OK;
}

// Entries whose original (or reply) direction comes from `address`.
Status find(nl_sock* sock, Ipv4 address, bool reply, std::vector<Entry>& found) {
  const Ptr<nl_msg> msg = message(IPCTNL_MSG_CT_GET, NLM_F_REQUEST | NLM_F_DUMP);
  if (!msg) return fail(Errc::kSystem, "list connections: out of memory");
  nlattr* tuple =
      nla_nest_start(msg.get(), (reply ? CTA_TUPLE_REPLY : CTA_TUPLE_ORIG) | NLA_F_NESTED);
  nlattr* ip = nla_nest_start(msg.get(), CTA_TUPLE_IP | NLA_F_NESTED);
  nla_put_u32(msg.get(), CTA_IP_V4_SRC, htonl(address.value));
  nla_nest_end(msg.get(), ip);
  nla_nest_end(msg.get(), tuple);
  nlattr* filter = nla_nest_start(msg.get(), CTA_FILTER | NLA_F_NESTED);
  nla_put_u32(msg.get(), CTA_FILTER_ORIG_FLAGS, reply ? 0 : kSourceAddress);
  nla_put_u32(msg.get(), CTA_FILTER_REPLY_FLAGS, reply ? kSourceAddress : 0);
  nla_nest_end(msg.get(), filter);

  Wanted wanted{address, &found};
  if (const int e = nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, on_entry, &wanted); e < 0)
    return nl::fail_nl("list connections", e);
  if (const int e = nl_send_auto(sock, msg.get()); e < 0) return nl::fail_nl("list connections", e);
  if (const int e = nl_recvmsgs_default(sock); e < 0) return nl::fail_nl("list connections", e);
  return {};
}

}  // namespace

Status forget_connections(Ipv4 address) {
  DRYDOCK_LET(const Ptr<nl_sock> sock, nl::connect(NETLINK_NETFILTER));
  std::vector<Entry> found;
  DRYDOCK_TRY(find(sock.get(), address, false, found));
  DRYDOCK_TRY(find(sock.get(), address, true, found));
  nl_socket_modify_cb(sock.get(), NL_CB_VALID, NL_CB_DEFAULT, nullptr, nullptr);
  for (const auto& entry : found) {
    Ptr<nl_msg> msg = message(IPCTNL_MSG_CT_DELETE, NLM_F_REQUEST);
    if (!msg) return fail(Errc::kSystem, "forget a connection: out of memory");
    nla_put(msg.get(), CTA_TUPLE_ORIG | NLA_F_NESTED, static_cast<int>(entry.original.size()),
            entry.original.data());
    // Ignoring the result: an entry that has gone by itself meanwhile is what we want.
    (void)nl_send_sync(sock.get(), msg.release());
  }
  return {};
}

}  // namespace drydock::netns
