#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// Living beside Docker, ufw and others: an accept in our table does not override their drop of
// forwarded packets, so two accept rules for our bridge go into their chain. The only use of
// iptables in the project.
namespace drydock::netns {

// What `iptables -S` says: where our rules belong and which are not there yet.
struct ForwardPlan {
  std::string chain;  // "" when nothing drops; else DOCKER-USER or FORWARD
  std::vector<std::vector<std::string>> missing;  // arguments after "-I <chain>"
  bool operator==(const ForwardPlan&) const = default;
};
ForwardPlan forward_plan(std::string_view iptables_s, std::string_view bridge,
                         std::string_view table);

struct ForwardReport {
  std::string where;                  // "DOCKER-USER (iptables-nft)", empty when nothing was needed
  std::vector<std::string> problems;  // what could not be done
};
// Puts the accept rules where they are needed and absent, with `ipv6` for that family too. `table`
// is their comment.
ForwardReport accept_forwarding(const std::string& bridge, const std::string& table, bool ipv6);
// Sentences for people about chains of other tables that drop what is forwarded: an accept of ours
// does not outweigh them. `chains` is what `nft -j list chains` says, `firewalld` the rules of its
// table, empty without one. Pure.
std::vector<std::string> forward_warnings(std::string_view chains, std::string_view firewalld,
                                          const std::string& bridge, const std::string& table);
// The same for this machine as it is now.
std::vector<std::string> forward_warnings(const std::string& bridge, const std::string& table);
// The rules with the comment `table` in what `iptables -S` says: arguments after "-D". Pure.
std::vector<std::vector<std::string>> own_rules(std::string_view iptables_s,
                                                std::string_view table);
// Removes every rule with the comment `table`, in whatever chain and however often.
void withdraw_forwarding(const std::string& table);

}  // namespace drydock::netns
