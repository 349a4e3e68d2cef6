#include "netns/firewall.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/files.h"
#include "base/json.h"
#include "netns/nft.h"

namespace drydock::netns {
namespace {

using Args = std::vector<std::string>;

std::vector<Args> accept_rules(std::string_view bridge, std::string_view table) {
  std::vector<Args> rules;
  for (const char* direction : {"-i", "-o"})
    rules.push_back({direction, std::string(bridge), "-m", "comment", "--comment",
                     std::string(table), "-j", "ACCEPT"});
  return rules;
}

std::string line_of(std::string_view chain, const Args& rule) {
  std::string line = "-A " + std::string(chain);
  for (const auto& word : rule) line += " " + word;
  return line;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) {
    // Some versions quote the comment.
    line.erase(std::remove(line.begin(), line.end(), '"'), line.end());
    lines.push_back(line);
  }
  return lines;
}

bool has(const std::vector<std::string>& lines, const std::string& line) {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

// The iptables programs whose filter table exists. Asked without them, because running them may
// load modules.
std::vector<std::string> backends(bool ipv6) {
  std::vector<std::string> programs;
  for (const bool six : {false, true}) {
    if (six && !ipv6) break;
    const std::string family = six ? "ip6" : "ip", program = family + "tables";
    if (auto seen = run_program("nft", {"list", "table", family, "filter"}, "");
        seen && seen->exit_code == 0)
      programs.push_back(program + "-nft");
    auto legacy = read_file("/proc/thread-self/net/" + family + "_tables_names", 4096);
    if (legacy && has(lines_of(*legacy), "filter")) programs.push_back(program + "-legacy");
  }
  return programs;
}

Args with(const Args& front, const Args& rule) {
  Args all{"-w", "5"};
  all.insert(all.end(), front.begin(), front.end());
  all.insert(all.end(), rule.begin(), rule.end());
  return all;
}

}  // namespace

ForwardPlan forward_plan(std::string_view iptables_s, std::string_view bridge,
                         std::string_view table) {
  const auto lines = lines_of(iptables_s);
  ForwardPlan plan;
  // Docker leaves DOCKER-USER to others and keeps it first in FORWARD.
  if (has(lines, "-N DOCKER-USER"))
    plan.chain = "DOCKER-USER";
  else if (has(lines, "-P FORWARD DROP"))
    plan.chain = "FORWARD";
  else
    return plan;
  for (auto& rule : accept_rules(bridge, table))
    if (!has(lines, line_of(plan.chain, rule))) plan.missing.push_back(std::move(rule));
  return plan;
}

ForwardReport accept_forwarding(const std::string& bridge, const std::string& table, bool ipv6) {
  ForwardReport report;
  for (const auto& program : backends(ipv6)) {
    auto rules = run_program(program, with({"-S"}, {}), "");
    if (!rules || rules->exit_code != 0) {
      report.problems.push_back(
          "the host has an iptables filter table, but " + program +
          " can't read it: tasks may not reach each other or the outside (install iptables)");
      continue;
    }
    const auto plan = forward_plan(rules->out, bridge, table);
    // What an earlier daemon, or the chain of an earlier Docker, left: there twice, or elsewhere.
    std::vector<std::string> kept;
    for (const auto& rule : own_rules(rules->out, table)) {
      std::string text;
      for (const auto& word : rule) text += word + " ";
      if (rule.front() == plan.chain && !has(kept, text))
        kept.push_back(std::move(text));
      else
        (void)run_program(program, with({"-D"}, rule), "");  // ignoring: it does no harm
    }
    if (plan.chain.empty()) continue;
    bool done = true;
    for (const auto& rule : plan.missing) {
      auto added = run_program(program, with({"-I", plan.chain}, rule), "");
      done = done && added && added->exit_code == 0;
    }
    const std::string where = plan.chain + " (" + program + ")";
    if (done)
      report.where += (report.where.empty() ? "" : ", ") + where;
    else
      report.problems.push_back("the host drops forwarded packets and an accept rule for " +
                                bridge + " could not be added to " + where);
  }
  return report;
}

std::vector<std::string> forward_warnings(std::string_view chains, std::string_view firewalld,
                                          const std::string& bridge, const std::string& table) {
  std::vector<std::string> warnings;
  if (!firewalld.empty() && firewalld.find('"' + bridge + '"') == firewalld.npos)
    warnings.push_back(
        "firewalld refuses what is forwarded from links that are in no zone: run \"firewall-cmd "
        "--zone=trusted --change-interface=" +
        bridge + "\"");
  const auto parsed = parse_json(chains);
  const Json* list = parsed ? json_find(*parsed, "nftables") : nullptr;
  if (!list || !list->is_array()) return warnings;
  for (const auto& item : *list) {
    const Json* chain = item.is_object() ? json_find(item, "chain") : nullptr;
    if (!chain || !chain->is_object() || json_string(*chain, "hook") != "forward" ||
        json_string(*chain, "policy") != "drop")
      continue;
    const std::string family = json_string(*chain, "family"), name = json_string(*chain, "table");
    // iptables' own tables have our accept rules.
    if ((family != "ip" && family != "inet") || name == table || name == "firewalld" ||
        (family == "ip" && name == "filter"))
      continue;
    const std::string there = family + " " + name + " " + json_string(*chain, "name");
    warnings.push_back("the chain " + there +
                       " drops what is forwarded: tasks may not reach each other or the outside; "
                       "let them pass with \"nft insert rule " +
                       there + " iifname " + bridge + " accept\" and the same with oifname");
  }
  return warnings;
}

std::vector<std::string> forward_warnings(const std::string& bridge, const std::string& table) {
  auto chains = run_program("nft", {"-j", "list", "chains"}, "");
  auto firewalld = run_program("nft", {"list", "table", "inet", "firewalld"}, "");
  return forward_warnings(chains && chains->exit_code == 0 ? chains->out : "",
                          firewalld && firewalld->exit_code == 0 ? firewalld->out : "", bridge,
                          table);
}

std::vector<Args> own_rules(std::string_view iptables_s, std::string_view table) {
  std::vector<Args> rules;
  for (const auto& line : lines_of(iptables_s)) {
    if (!line.starts_with("-A ")) continue;
    std::istringstream words(line);
    Args rule{std::istream_iterator<std::string>(words), {}};
    const auto comment = std::find(rule.begin(), rule.end(), "--comment");
    if (comment == rule.end() || comment + 1 == rule.end() || *(comment + 1) != table) continue;
    rule.erase(rule.begin());  // -A
    rules.push_back(std::move(rule));
  }
  return rules;
}

void withdraw_forwarding(const std::string& table) {
  for (const auto& program : backends(true)) {
    auto rules = run_program(program, with({"-S"}, {}), "");
    if (!rules || rules->exit_code != 0) continue;
    for (const auto& rule : own_rules(rules->out, table))
      (void)run_program(program, with({"-D"}, rule), "");  // ignoring: best effort while closing
  }
}

}  // namespace drydock::netns
