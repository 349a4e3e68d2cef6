#include <nlohmann/json.hpp>

#include "cli/doctor/checks.h"
#include "cli/session.h"

namespace drydock::cli {
namespace {

const char* word_of(Verdict verdict) {
  return verdict == Verdict::kOk ? "ok" : verdict == Verdict::kWarning ? "warning" : "broken";
}

std::string line_of(const Check& check, bool colour) {
  const char* paint = check.verdict == Verdict::kOk        ? "\033[32m"
                      : check.verdict == Verdict::kWarning ? "\033[33m"
                                                           : "\033[31m";
  std::string word = word_of(check.verdict);
  word.resize(8, ' ');
  std::string name = check.name;
  name.resize(std::max<std::size_t>(name.size(), 11), ' ');
  std::string out = (colour ? paint + word + "\033[0m" : word) + name + " " + check.detail;
  if (!check.lost.empty()) out += "; without it: " + check.lost;
  if (!check.fix.empty() && check.verdict != Verdict::kOk) out += "; fix: " + check.fix;
  return out;
}

// What is asked for, else what the daemon that answers uses, else what the next one would.
DoctorQuestion question(const DoctorOptions& options, const Json& status) {
  const auto one = [&](const std::string& asked, const char* member, const char* usual) {
    return asked.empty() ? json_string(status, member, usual) : asked;
  };
  return {one(options.root, "root", "/var/lib/drydock"),
          one(options.listen, "tcpAddress", "127.0.0.1:4590"),
          one(options.runtime, "runtime", "runc")};
}

}  // namespace

int execute(Session& session, const DoctorOptions& options) {
  const auto client = session.connect(Missing::kLeave);
  const auto status = client ? client->get("status") : Result<Json>(tl::unexpected(client.error()));
  Facts facts = gather_facts(question(options, status ? *status : Json::object()));
  std::vector<Check> more;
  if (!status) {
    facts.daemon_error = status.error().message;
  } else {
    facts.daemon_answers = true;
    facts.own_instance = json_string(*status, "instance");
    if (json_string(*status, "tcpAddress") == facts.listen) facts.listen_error.clear();
    if (const auto answer = client->get("doctor")) more = daemon_checks(*answer);
  }
  std::vector<Check> checks = judge(facts);
  checks.insert(checks.end(), more.begin(), more.end());
  int exit_code = 0;
  Json all = Json::array();
  for (const auto& check : checks) {
    if (check.verdict == Verdict::kBroken) exit_code = kFailed;
    if (session.common.json) {
      Json entry = {
          {"name", check.name}, {"verdict", word_of(check.verdict)}, {"detail", check.detail}};
      if (!check.lost.empty()) entry["lost"] = check.lost;
      if (!check.fix.empty()) entry["fix"] = check.fix;
      all.push_back(std::move(entry));
    } else if (!session.common.quiet || check.verdict != Verdict::kOk) {
      session.out.line(line_of(check, session.out.colour()));
    }
  }
  if (session.common.json) session.print_json(Json{{"checks", std::move(all)}});
  return exit_code;
}

}  // namespace drydock::cli
