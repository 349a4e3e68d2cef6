#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// The options of log drivers, as Docker words them: what they may be, before a container starts.
// Pure.
namespace drydock::taskdef {

using LogOptions = std::map<std::string, std::string>;

// What the driver itself would say of its options; nothing of a driver that is not known here.
Status check_log_options(std::string_view driver, const LogOptions& options);

std::string option_or(const LogOptions& options, const std::string& name, std::string fallback);
// kInvalid names the option, its value and what it may be.
Status check_choice(const LogOptions& options, const std::string& name,
                    const std::vector<std::string_view>& allowed);
// kInvalid names an option that the driver does not have. Those of every driver (mode,
// max-buffer-size, tag, labels, labels-regex, env, env-regex) are known.
Status check_names(const LogOptions& options, const std::string& driver,
                   const std::vector<std::string_view>& known);

// A template like "{{.Name}}/{{.ID}}" with `field` in the place of each. kInvalid: a field that it
// has no value for.
Result<std::string> fill_tag(
    const std::string& text,
    const std::function<std::optional<std::string>(std::string_view)>& field);

// "tcp://127.0.0.1:24224", "unix:///run/x.sock".
struct LogAddress {
  enum class Kind { kUdp, kTcp, kUnixStream, kUnixDatagram };
  Kind kind = Kind::kTcp;
  std::string host, port;  // of kUdp and kTcp
  std::string path;        // of the others
  std::string text;
};
// kInvalid: "syslog-address is \"x\"; it must be ...". `schemes` are those that may stand before
// "://".
Result<LogAddress> parse_address(const std::string& option, const std::string& text,
                                 const std::vector<std::string_view>& schemes,
                                 const std::string& default_port);

// Where a driver sends, and the bits of syslog-facility.
Result<LogAddress> syslog_address(const LogOptions& options);
Result<LogAddress> gelf_address(const LogOptions& options);
Result<LogAddress> fluentd_address(const LogOptions& options);
Result<int> syslog_facility(const LogOptions& options);

}  // namespace drydock::taskdef
