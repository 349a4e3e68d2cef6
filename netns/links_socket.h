#pragma once
#include "netns/links.h"
#include "netns/nl_ptr.h"

// Private to links*.cc.
namespace drydock::netns {

// The netlink socket of a Links, where it was opened.
struct Links::Socket {
  nl::Ptr<nl_sock> nl;

  nl_sock* get() const { return nl.get(); }
  // By index, or by name when that is not null.
  Result<nl::Ptr<rtnl_link>> link(int index, const char* name) const;
  Status change(int index, rtnl_link* change, const std::string& doing) const;
  static nl::Ptr<rtnl_route> route(Ipv4 to, int prefix, Ipv4 gateway, int index);
  Status add_route(Ipv4 to, int prefix, Ipv4 gateway, int index, const std::string& doing) const;
};

}  // namespace drydock::netns
