#include "runtime/shim/hold_call.h"

#include <charconv>

namespace drydock::runtime::shim {

std::vector<std::string> arguments(const HoldCall& c) {
  std::vector<std::string> a = {"hold", "--folder", c.folder, "--shm",
                                std::to_string(c.shared_memory_mib)};
  for (const auto& file : c.join) a.insert(a.end(), {"--join", file});
  return a;
}

Result<HoldCall> parse_hold_call(const std::vector<std::string>& args) {
  if (args.empty() || args[0] != "hold") return fail(Errc::kInvalid, "the command is not \"hold\"");
  HoldCall c;
  for (std::size_t i = 1; i < args.size(); i += 2) {
    const std::string& name = args[i];
    if (i + 1 == args.size())
      return fail(Errc::kInvalid, name + ": unknown, or its value is missing");
    const std::string& value = args[i + 1];
    if (name == "--folder") {
      c.folder = value;
    } else if (name == "--join") {
      c.join.push_back(value);
    } else if (name == "--shm") {
      const auto [end, ec] =
          std::from_chars(value.data(), value.data() + value.size(), c.shared_memory_mib);
      if (ec != std::errc{} || end != value.data() + value.size() || c.shared_memory_mib < 1)
        return fail(Errc::kInvalid, name + " " + value + ": not a number of MiB");
    } else {
      return fail(Errc::kInvalid, name + ": unknown option");
    }
  }
  if (!c.folder.starts_with('/'))
    return fail(Errc::kInvalid, "--folder \"" + c.folder + "\": an absolute path is needed");
  return c;
}

}  // namespace drydock::runtime::shim
