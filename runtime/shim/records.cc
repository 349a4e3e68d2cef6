#include "runtime/shim/records.h"

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/json.h"
#include "runtime/shim/protocol.h"

namespace drydock::runtime::shim {
namespace {

std::optional<int> small_number(const Json& json, const char* key, int max) {
  const Json* value = json_find(json, key);
  if (!value || !value->is_number_integer()) return std::nullopt;
  const auto n = value->get<long long>();
  if (n < 0 || n > max) return std::nullopt;
  return static_cast<int>(n);
}

Result<Json> object_of(std::string_view text, const char* file) {
  if (text.size() > kLongestRecord) return fail(Errc::kInvalid, std::string(file) + ": too long");
  auto json = parse_json(text);
  if (!json) return tl::unexpected(std::move(json.error()).in(file));
  if (!json->is_object()) return fail(Errc::kInvalid, std::string(file) + ": not an object");
  return json;
}

Result<std::optional<std::string>> read_record(const std::string& path) {
  auto text = read_file(path, kLongestRecord);
  if (text) return std::optional(std::move(*text));
  if (text.error().code == Errc::kNotFound) return std::optional<std::string>();
  return tl::unexpected(std::move(text.error()));
}

}  // namespace

Result<Started> parse_started(std::string_view text) {
  DRYDOCK_LET(const Json json, object_of(text, kStartedFile));
  Started s;
  const auto pid = small_number(json, "pid", 1 << 30);
  const Json* ticks = json_find(json, "startTicks");
  if (!pid || *pid == 0 || !ticks || !ticks->is_number_unsigned())
    return fail(Errc::kInvalid, std::string(kStartedFile) + ": no pid or startTicks");
  s.pid = *pid;
  s.start_ticks = ticks->get<std::uint64_t>();
  DRYDOCK_LET(s.started_at, parse_rfc3339(json_string(json, "startedAt")));
  return s;
}

Result<Exited> parse_exited(std::string_view text) {
  DRYDOCK_LET(const Json json, object_of(text, kExitFile));
  Exited e;
  DRYDOCK_LET(e.exited_at, parse_rfc3339(json_string(json, "exitedAt")));
  e.code = small_number(json, "code", 255);
  e.signal = small_number(json, "signal", 127);
  e.oom_killed = json_bool(json, "oomKilled");
  e.error = json_string(json, "error");
  const std::string name = json_string(json, "failure");
  if (!name.empty()) {
    e.failure = Failure::kLost;  // a name of another version
    for (int i = 0; i <= static_cast<int>(Failure::kLost); ++i)
      if (name == failure_name(static_cast<Failure>(i))) e.failure = static_cast<Failure>(i);
  }
  if (!e.code && !e.signal && e.failure == Failure::kNone)
    return fail(Errc::kInvalid, std::string(kExitFile) + ": neither code, signal nor failure");
  return e;
}

Result<std::optional<Started>> read_started(const std::string& bundle) {
  DRYDOCK_LET(const auto text, read_record(bundle + "/" + kStartedFile));
  if (!text) return std::optional<Started>();
  return parse_started(*text);
}

Result<std::optional<Exited>> read_exited(const std::string& bundle) {
  DRYDOCK_LET(const auto text, read_record(bundle + "/" + kExitFile));
  if (!text) return std::optional<Exited>();
  return parse_exited(*text);
}

}  // namespace drydock::runtime::shim
