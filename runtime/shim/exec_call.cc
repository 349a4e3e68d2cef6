#include "runtime/shim/exec_call.h"

namespace drydock::runtime::shim {

std::vector<std::string> arguments(const ExecCall& c) {
  std::vector<std::string> a = {"exec",      "--folder", c.folder,         "--id",        c.id,
                                "--runtime", c.runtime,  "--runtime-root", c.runtime_root};
  if (c.terminal) a.emplace_back("--terminal");
  if (c.input) a.emplace_back("--input");
  for (const auto& file : c.join) a.insert(a.end(), {"--join", file});
  return a;
}

Result<ExecCall> parse_exec_call(const std::vector<std::string>& args) {
  if (args.empty() || args[0] != "exec") return fail(Errc::kInvalid, "the command is not \"exec\"");
  ExecCall c;
  for (std::size_t i = 1; i < args.size(); ++i) {
    const std::string& name = args[i];
    if (name == "--terminal" || name == "--input") {
      (name == "--terminal" ? c.terminal : c.input) = true;
      continue;
    }
    if (++i == args.size())
      return fail(Errc::kInvalid, name + ": unknown, or its value is missing");
    if (name == "--join") {
      c.join.push_back(args[i]);
      continue;
    }
    std::string* const target = name == "--folder"         ? &c.folder
                                : name == "--id"           ? &c.id
                                : name == "--runtime"      ? &c.runtime
                                : name == "--runtime-root" ? &c.runtime_root
                                                           : nullptr;
    if (!target) return fail(Errc::kInvalid, name + ": unknown option");
    *target = args[i];
  }
  for (const std::string* path : {&c.folder, &c.runtime, &c.runtime_root})
    if (!path->starts_with('/'))
      return fail(Errc::kInvalid,
                  "exec needs absolute paths for --folder, --runtime and --runtime-root, not \"" +
                      *path + "\"");
  if (c.id.empty() || c.id.starts_with('-'))
    return fail(Errc::kInvalid, "--id \"" + c.id + "\": a container id is needed");
  return c;
}

}  // namespace drydock::runtime::shim
