#include "runtime/bundle/security_options.h"

namespace drydock::runtime {

SecurityOptions security_options(const std::vector<std::string>& options, bool apparmor_here) {
  SecurityOptions out;
  for (const std::string& option : options) {
    const std::size_t at = option.find_first_of(":=");
    const std::string name = option.substr(0, at);
    const std::string value = at == std::string::npos ? "" : option.substr(at + 1);
    if (name == "no-new-privileges" && (value.empty() || value == "true")) {
      out.no_new_privileges = true;
    } else if (name == "no-new-privileges" && value == "false") {
      out.no_new_privileges = false;
    } else if (name == "seccomp" && value == "unconfined") {
      out.unconfined = true;
    } else if (name == "apparmor" && !value.empty()) {
      if (apparmor_here)
        out.apparmor = value;
      else
        out.ignored.push_back(option + " has no effect: this machine has no AppArmor");
    } else {
      out.ignored.push_back(option + " has no effect" +
                            (name == "label" ? ": SELinux is not used here" : " here"));
    }
  }
  return out;
}

}  // namespace drydock::runtime
