#include "runtime/bundle/platform.h"

#include <algorithm>

#include "base/files.h"

namespace drydock::runtime {
namespace {

constexpr const char* kBinfmt = "/proc/sys/fs/binfmt_misc";
constexpr std::string_view kElf = "7f454c46";
constexpr std::size_t kMachine = 36;  // of e_machine, in hex digits

// The rest of the line that begins with `key`.
std::string_view line_of(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.starts_with(key)) return line.substr(key.size());
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

bool registers(std::string_view text, std::string_view e_machine) {
  const std::string_view magic = line_of(text, "magic ");
  return text.starts_with("enabled") && line_of(text, "offset ") == "0" &&
         line_of(text, "flags: ").find('F') != std::string_view::npos && magic.starts_with(kElf) &&
         magic.size() >= kMachine + 4 && magic.substr(kMachine, 4) == e_machine;
}

std::string oci_architecture(std::string_view architecture) {
  return architecture == "ARM64" ? "arm64" : "amd64";
}

}  // namespace

bool emulates(const std::vector<std::string>& registrations, std::string_view architecture) {
  const std::string_view e_machine = architecture == "ARM64" ? "b700" : "3e00";
  return std::any_of(registrations.begin(), registrations.end(),
                     [&](const std::string& text) { return registers(text, e_machine); });
}

std::vector<std::string> binfmt_registrations() {
  std::vector<std::string> texts;
  for (const std::string& name : list_dir(kBinfmt))
    if (name != "register" && name != "status")
      if (auto text = read_file(std::string(kBinfmt) + "/" + name, 65536))
        texts.push_back(std::move(*text));
  return texts;
}

Status check_platform(const taskdef::TaskDefinition& task, const std::string& machine,
                      const std::vector<std::string>& registrations) {
  auto refuse = [&](const std::string& system, const std::string& help) {
    return fail(Errc::kUnsupported,
                "image Manifest does not contain descriptor matching platform '" + system + "/" +
                    oci_architecture(task.cpu_architecture) + "' (" + help + ")");
  };
  if (task.operating_system_family.starts_with("WINDOWS"))
    return refuse("windows", "runtimePlatform.operatingSystemFamily is " +
                                 task.operating_system_family +
                                 ": this machine runs Linux containers only");
  const std::string native = machine == "aarch64"  ? "ARM64"
                             : machine == "x86_64" ? "X86_64"
                                                   : machine;
  const std::string& wanted = task.cpu_architecture;
  if (wanted.empty() || wanted == native || emulates(registrations, wanted)) return {};
  return refuse("linux", "runtimePlatform.cpuArchitecture is " + wanted +
                             " and this machine's processor is " + native +
                             ": install the package qemu-user-static, whose emulator runs such "
                             "programs, or let the definition say " +
                             native);
}

}  // namespace drydock::runtime
