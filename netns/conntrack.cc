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

Ptr<nl_msg> message(int type, int flags) {
  Ptr<nl_msg> msg(nlmsg_alloc_simple((NFNL_SUBSYS_CTNETLINK << 8) | type, flags));
  nfgenmsg head{};
  head.nfgen_family = AF_INET;
  head.version = NFNETLINK_V0;
  if (msg) nlmsg_append(msg.get(), &head, sizeof head, NLMSG_ALIGNTO);
  return msg;
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

struct Search {
  const std::set<Ipv4>* addresses;
  std::vector<std::string> found;  // payloads of CTA_TUPLE_ORIG, which names an entry
};

int on_entry(nl_msg* msg, void* arg) {
  auto* search = static_cast<Search*>(arg);
  nlattr* parts[CTA_MAX + 1];
  if (nlmsg_parse(nlmsg_hdr(msg), sizeof(nfgenmsg), parts, CTA_MAX, nullptr) < 0) return NL_SKIP;
  const nlattr* original = parts[CTA_TUPLE_ORIG];
  if (original && (search->addresses->contains(source_of(original)) ||
                   search->addresses->contains(source_of(parts[CTA_TUPLE_REPLY]))))
    search->found.emplace_back(static_cast<const char*>(nla_data(original)), nla_len(original));
  return NL_OK;
}

}  // namespace

Status forget_connections(const std::set<Ipv4>& addresses) {
  if (addresses.empty()) return {};
  DRYDOCK_LET(const Ptr<nl_sock> sock, nl::connect(NETLINK_NETFILTER));
  Search search{&addresses, {}};
  nl_socket_modify_cb(sock.get(), NL_CB_VALID, NL_CB_CUSTOM, on_entry, &search);
  const Ptr<nl_msg> dump = message(IPCTNL_MSG_CT_GET, NLM_F_REQUEST | NLM_F_DUMP);
  if (!dump) return fail(Errc::kSystem, "list connections: out of memory");
  if (const int e = nl_send_auto(sock.get(), dump.get()); e < 0)
    return nl::fail_nl("list connections", e);
  if (const int e = nl_recvmsgs_default(sock.get()); e < 0)
    return nl::fail_nl("list connections", e);
  nl_socket_modify_cb(sock.get(), NL_CB_VALID, NL_CB_DEFAULT, nullptr, nullptr);
  for (const auto& original : search.found) {
    Ptr<nl_msg> msg = message(IPCTNL_MSG_CT_DELETE, NLM_F_REQUEST);
    if (!msg) return fail(Errc::kSystem, "forget a connection: out of memory");
    nla_put(msg.get(), CTA_TUPLE_ORIG | NLA_F_NESTED, static_cast<int>(original.size()),
            original.data());
    // Ignoring the result: an entry that has gone by itself meanwhile is what we want.
    (void)nl_send_sync(sock.get(), msg.release());
  }
  return {};
}

}  // namespace drydock::netns
