#pragma once
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

// What a shim writes into its bundle, each file at once (rename), at most 4 KiB.
namespace drydock::runtime::shim {

inline constexpr std::size_t kLongestRecord = 4u << 10;
inline constexpr std::size_t kLongestError = 2u << 10;  // of an error's text; longer ones are cut

// started.json: the container's first process runs.
struct Started {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;  // field 22 of /proc/<pid>/stat: tells a reused pid
  Time started_at{};
  bool operator==(const Started&) const = default;
};

// Why a container has no exit code.
enum class Failure {
  kNone,
  kCommandNotFound,       // CannotStartContainerError; exit code 127 of `drydock run`
  kCommandNotExecutable,  // CannotStartContainerError; 126
  kStart,                 // CannotStartContainerError: the first process could not be started
  kCreate,                // CannotCreateContainerError: mounts, cgroup, namespaces, config.json
  kRuntime,  // CannotCreateContainerError: the runtime itself is missing or cannot be run
  kShim,     // CannotCreateContainerError: journal, console, own cgroup
  kLost,     // the container ran, but how it ended could not be learned
};
std::string_view failure_name(Failure failure);  // "CommandNotFound", ...; empty for kNone

// exit.json: the container is over (or never was).
struct Exited {
  Time exited_at{};
  std::optional<int> code;    // it ended by itself
  std::optional<int> signal;  // it was ended by this signal
  bool oom_killed = false;    // the kernel killed one of its processes for want of memory
  Failure failure = Failure::kNone;
  std::string error;  // for people; the runtime's own words when it failed
  bool operator==(const Exited&) const = default;

  // As ECS shows it: the code, or 128 + signal. nullopt when it never ran.
  std::optional<int> exit_code() const { return signal ? std::optional(128 + *signal) : code; }
};

// The files' texts (record_text.cc: no JSON library, for the shim).
std::string text_of(const Started& started);
std::string text_of(const Exited& exited);
// A JSON string of at most `max` bytes with its quotes: longer text is cut, what is not UTF-8
// becomes U+FFFD.
std::string json_quoted(std::string_view text, std::size_t max = kLongestError);

// kInvalid when the text is no such record.
Result<Started> parse_started(std::string_view text);
Result<Exited> parse_exited(std::string_view text);

// From a bundle. nullopt when the file is not there (yet).
Result<std::optional<Started>> read_started(const std::string& bundle);
Result<std::optional<Exited>> read_exited(const std::string& bundle);

// Field 22 of /proc/<pid>/stat, given that file's text; 0 when it has none.
std::uint64_t start_ticks(std::string_view stat);

}  // namespace drydock::runtime::shim
