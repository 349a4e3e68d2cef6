#include "runtime/shim/protocol.h"

#include <charconv>
#include <string_view>

namespace drydock::runtime::shim {
namespace {

Status to_number(const std::string& name, const std::string& text, std::uint64_t& out) {
  auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (ec != std::errc{} || end != text.data() + text.size() || out == 0)
    return fail(Errc::kInvalid, name + " " + text + ": not a number of bytes");
  return {};
}

// Stores the value of one option; kNotFound when there is no such option.
Status set_option(Request& r, const std::string& name, const std::string& value) {
  if (name == "--segment-bytes") return to_number(name, value, r.segment_bytes);
  if (name == "--journal-bytes") return to_number(name, value, r.journal_bytes);
  if (name == "--oom") {
    r.oom_files.push_back(value);
    return {};
  }
  if (name == "--join") {
    r.join.push_back(value);
    return {};
  }
  std::string* const target = name == "--bundle"         ? &r.bundle
                              : name == "--id"           ? &r.id
                              : name == "--runtime"      ? &r.runtime
                              : name == "--runtime-root" ? &r.runtime_root
                              : name == "--journal"      ? &r.journal
                              : name == "--checkpoint"   ? &r.checkpoint
                                                         : nullptr;
  if (!target) return fail(Errc::kNotFound, name + ": unknown option");
  *target = value;
  return {};
}

Status check(const Request& r) {
  const struct {
    const char* name;
    const std::string& path;
  } paths[] = {{"--bundle", r.bundle},
               {"--runtime", r.runtime},
               {"--runtime-root", r.runtime_root},
               {"--journal", r.journal}};
  for (const auto& p : paths)
    if (!p.path.starts_with('/'))
      return fail(Errc::kInvalid,
                  std::string(p.name) + " \"" + p.path + "\": an absolute path is needed");
  if (r.id.empty() || r.id.starts_with('-') || r.id.find('/') != std::string::npos)
    return fail(Errc::kInvalid, "--id \"" + r.id + "\": a container id is needed");
  return {};
}

}  // namespace

std::vector<std::string> arguments(const Request& r) {
  std::vector<std::string> a = {"run",
                                "--bundle",
                                r.bundle,
                                "--id",
                                r.id,
                                "--runtime",
                                r.runtime,
                                "--runtime-root",
                                r.runtime_root,
                                "--journal",
                                r.journal,
                                "--segment-bytes",
                                std::to_string(r.segment_bytes),
                                "--journal-bytes",
                                std::to_string(r.journal_bytes)};
  if (!r.checkpoint.empty()) a.insert(a.end(), {"--checkpoint", r.checkpoint});
  if (r.terminal) a.emplace_back("--terminal");
  if (r.input == Stdin::kHeldOpen) a.emplace_back("--hold-stdin");
  for (const auto& file : r.oom_files) a.insert(a.end(), {"--oom", file});
  for (const auto& file : r.join) a.insert(a.end(), {"--join", file});
  return a;
}

Result<Request> parse_arguments(const std::vector<std::string>& args) {
  if (args.empty() || args[0] != "run") return fail(Errc::kInvalid, "the only command is \"run\"");
  Request r;
  for (std::size_t i = 1; i < args.size(); ++i) {
    if (args[i] == "--terminal") {
      r.terminal = true;
    } else if (args[i] == "--hold-stdin") {
      r.input = Stdin::kHeldOpen;
    } else if (i + 1 == args.size()) {
      return fail(Errc::kInvalid, args[i] + ": unknown, or its value is missing");
    } else {
      DRYDOCK_TRY(set_option(r, args[i], args[i + 1]));
      ++i;
    }
  }
  DRYDOCK_TRY(check(r));
  return r;
}

}  // namespace drydock::runtime::shim
