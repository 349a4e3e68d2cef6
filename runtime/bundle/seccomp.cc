#include "runtime/bundle/seccomp.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

namespace drydock::runtime {
namespace {

const Json& profile() {
  static const Json parsed = *parse_json(seccomp_profile_text());
  return parsed;
}

bool lists(const Json& rule, const char* when, const char* what,
           const std::vector<std::string>& have) {
  const Json* condition = json_find(rule, when);
  const Json* wanted = condition ? json_find(*condition, what) : nullptr;
  if (!wanted) return false;
  return std::any_of(wanted->begin(), wanted->end(), [&](const Json& name) {
    return std::find(have.begin(), have.end(), name.get<std::string>()) != have.end();
  });
}

bool conditional(const Json& rule, const char* when, const char* what) {
  const Json* condition = json_find(rule, when);
  return condition && json_find(*condition, what);
}

bool applies(const Json& rule, const std::vector<std::string>& capabilities,
             const std::vector<std::string>& arches) {
  if (conditional(rule, "includes", "caps") && !lists(rule, "includes", "caps", capabilities))
    return false;
  if (conditional(rule, "includes", "arches") && !lists(rule, "includes", "arches", arches))
    return false;
  return !lists(rule, "excludes", "caps", capabilities) &&
         !lists(rule, "excludes", "arches", arches);
}

// The profile's names for a machine: libseccomp's, and Go's in the rules' conditions.
struct Arch {
  const char* machine;
  const char* seccomp;
  const char* go;
};
constexpr Arch kArches[] = {{"x86_64", "SCMP_ARCH_X86_64", "amd64"},
                            {"aarch64", "SCMP_ARCH_AARCH64", "arm64"}};

}  // namespace

Json seccomp_filter(const std::vector<std::string>& capabilities, std::string_view machine) {
  const auto* arch = std::find_if(std::begin(kArches), std::end(kArches),
                                  [&](const Arch& a) { return machine == a.machine; });
  const bool known = arch != std::end(kArches);
  Json filter;
  filter["defaultAction"] = profile()["defaultAction"];
  filter["defaultErrnoRet"] = profile()["defaultErrnoRet"];
  if (known) {
    Json& list = filter["architectures"] = Json::array({arch->seccomp});
    for (const Json& entry : profile()["archMap"])
      if (entry["architecture"] == arch->seccomp)
        for (const Json& sub : entry["subArchitectures"]) list.push_back(sub);
  }
  const std::vector<std::string> arches =
      known ? std::vector<std::string>{arch->go} : std::vector<std::string>{};

  // Rules without arguments that end alike become one: the document is parsed on every start of a
  // container.
  std::map<std::pair<std::string, long long>, Json> plain;
  Json with_arguments = Json::array();
  for (const Json& rule : profile()["syscalls"]) {
    if (!applies(rule, capabilities, arches)) continue;
    if (const Json* arguments = json_find(rule, "args")) {
      Json one{{"names", rule["names"]}, {"action", rule["action"]}};
      if (const Json* number = json_find(rule, "errnoRet")) one["errnoRet"] = *number;
      one["args"] = *arguments;
      with_arguments.push_back(std::move(one));
      continue;
    }
    Json& names = plain[{json_string(rule, "action"), json_int(rule, "errnoRet", -1)}];
    for (const Json& name : rule["names"]) names.push_back(name);
  }
  Json& syscalls = filter["syscalls"] = Json::array();
  for (auto& [ending, names] : plain) {
    Json one{{"names", std::move(names)}, {"action", ending.first}};
    if (ending.second >= 0) one["errnoRet"] = ending.second;
    syscalls.push_back(std::move(one));
  }
  for (Json& rule : with_arguments) syscalls.push_back(std::move(rule));
  return filter;
}

}  // namespace drydock::runtime
