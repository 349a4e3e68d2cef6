#include <algorithm>
#include <array>
#include <charconv>

#include "taskdef/log_options.h"

// What each log driver says of its options: Docker's text where it has one.
namespace drydock::taskdef {
namespace {

constexpr std::array<std::string_view, 20> kFacilities = {
    "kern",   "user",   "mail",   "daemon",   "auth",   "syslog", "lpr",
    "news",   "uucp",   "cron",   "authpriv", "ftp",    "local0", "local1",
    "local2", "local3", "local4", "local5",   "local6", "local7"};

Status check_url(const std::string& url) {
  const bool scheme = url.starts_with("https://") || url.starts_with("http://");
  const auto host = url.find("://") + 3;
  if (!scheme || host >= url.size() || url.find('/', host) < url.size() - 1 ||
      url.find_first_of("?#@ ") != std::string::npos)
    return fail(Errc::kInvalid,
                "splunk: expected format scheme://dns_name_or_ip:port for "
                "splunk-url, and it is \"" +
                    url.substr(0, 200) + "\"");
  return {};
}

Status check_syslog(const LogOptions& options) {
  for (const auto& [name, value] : options)
    if (name.starts_with("syslog-tls-"))
      return fail(Errc::kUnsupported, "the log option " + name.substr(0, 100) +
                                          " is not known here: there is no TLS to a syslog server; "
                                          "leave it out, and use a udp://, tcp://, unix:// or "
                                          "unixgram:// syslog-address");
  DRYDOCK_TRY(
      check_names(options, "syslog", {"syslog-address", "syslog-facility", "syslog-format"}));
  DRYDOCK_TRY(check_choice(options, "syslog-format", {"rfc3164", "rfc5424", "rfc5424micro"}));
  DRYDOCK_TRY(syslog_facility(options));
  DRYDOCK_TRY(syslog_address(options));
  return {};
}

Status check_gelf(const LogOptions& options) {
  DRYDOCK_TRY(check_names(options, "gelf",
                          {"gelf-address", "gelf-compression-type", "gelf-compression-level",
                           "gelf-tcp-max-reconnect", "gelf-tcp-reconnect-delay"}));
  DRYDOCK_TRY(check_choice(options, "gelf-compression-type", {"gzip", "zlib", "none"}));
  DRYDOCK_TRY(check_choice(options, "gelf-compression-level",
                           {"-1", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}));
  DRYDOCK_TRY(gelf_address(options));
  return {};
}

Status check_fluentd(const LogOptions& options) {
  DRYDOCK_TRY(check_names(
      options, "fluentd",
      {"fluentd-address", "fluentd-async", "fluentd-async-connect", "fluentd-buffer-limit",
       "fluentd-retry-wait", "fluentd-max-retries", "fluentd-sub-second-precision",
       "fluentd-request-ack", "fluentd-async-reconnect-interval"}));
  for (const char* name : {"fluentd-async", "fluentd-async-connect", "fluentd-sub-second-precision",
                           "fluentd-request-ack"})
    DRYDOCK_TRY(check_choice(options, name, {"true", "false"}));
  if (option_or(options, "fluentd-request-ack", "false") == "true")
    return fail(Errc::kUnsupported,
                "the log option fluentd-request-ack is \"true\"; acknowledgements are not asked "
                "for here: leave it out");
  DRYDOCK_TRY(fluentd_address(options));
  return {};
}

Status check_splunk(const LogOptions& options) {
  DRYDOCK_TRY(check_names(
      options, "splunk",
      {"splunk-url", "splunk-token", "splunk-source", "splunk-sourcetype", "splunk-index",
       "splunk-format", "splunk-verify-connection", "splunk-gzip", "splunk-gzip-level",
       "splunk-capath", "splunk-caname", "splunk-insecureskipverify"}));
  for (const char* name : {"splunk-url", "splunk-token"})
    if (option_or(options, name, "").empty())
      return fail(Errc::kInvalid, std::string("splunk: ") + name + " is expected");
  DRYDOCK_TRY(check_url(option_or(options, "splunk-url", "")));
  if (option_or(options, "splunk-token", "").find_first_of("\r\n") != std::string::npos)
    return fail(Errc::kInvalid, "splunk: the splunk-token has line ends in it");
  DRYDOCK_TRY(check_choice(options, "splunk-format", {"inline", "json", "raw"}));
  for (const char* name : {"splunk-verify-connection", "splunk-gzip", "splunk-insecureskipverify"})
    DRYDOCK_TRY(check_choice(options, name, {"true", "false"}));
  for (const char* name : {"splunk-capath", "splunk-caname"})
    if (!option_or(options, name, "").empty())
      return fail(Errc::kUnsupported, std::string("the log option ") + name +
                                          " is not known here: put the certificate among those of "
                                          "this machine (update-ca-certificates)");
  if (option_or(options, "splunk-insecureskipverify", "false") == "true")
    return fail(Errc::kUnsupported,
                "the log option splunk-insecureskipverify is \"true\"; certificates are always "
                "verified here: put the collector's among those of this machine "
                "(update-ca-certificates), or use http://");
  return {};
}

Status check_journald(const LogOptions& options) {
  DRYDOCK_TRY(check_names(options, "journald", {}));
  return {};
}

constexpr std::array<std::string_view, 17> kKnown = {"awslogs-create-group",
                                                     "awslogs-credentials-endpoint",
                                                     "awslogs-datetime-format",
                                                     "awslogs-endpoint",
                                                     "awslogs-force-flush-interval-seconds",
                                                     "awslogs-format",
                                                     "awslogs-group",
                                                     "awslogs-max-buffered-events",
                                                     "awslogs-multiline-pattern",
                                                     "awslogs-region",
                                                     "awslogs-stream",
                                                     "awslogs-stream-prefix",
                                                     "cache-disabled",
                                                     "env",
                                                     "max-buffer-size",
                                                     "mode",
                                                     "tag"};

// "10m", "512k", "1048576", "4MiB": a size as the driver reads it.
bool is_size(std::string_view text) {
  double n = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (bad != std::errc() || n < 0) return false;
  std::string unit;
  for (const char* p = end; p != text.data() + text.size(); ++p)
    unit += static_cast<char>(*p >= 'A' && *p <= 'Z' ? *p - 'A' + 'a' : *p);
  if (unit.starts_with(' ')) unit.erase(0, 1);
  if (unit.empty() || unit == "b") return true;
  return std::string_view("kmgtp").find(unit[0]) != std::string_view::npos &&
         (unit.size() == 1 || unit.substr(1) == "b" || unit.substr(1) == "ib");
}

// As Go's strconv.ParseBool.
bool is_go_bool(std::string_view text) {
  constexpr std::array<std::string_view, 12> kWords = {"1", "t", "T", "TRUE",  "true",  "True",
                                                       "0", "f", "F", "FALSE", "false", "False"};
  return std::find(kWords.begin(), kWords.end(), text) != kWords.end();
}

Status check_awslogs(const LogOptions& options) {
  for (const auto& [key, value] : options)
    if (std::find(kKnown.begin(), kKnown.end(), key) == kKnown.end())
      return fail(Errc::kInvalid, "unknown log opt '" + key + "' for awslogs log driver");
  const std::string create = option_or(options, "awslogs-create-group", "");
  if (!create.empty() && !is_go_bool(create))
    return fail(Errc::kInvalid, "must specify valid value for log opt 'awslogs-create-group': '" +
                                    create.substr(0, 100) + "' is neither true nor false");
  const std::string mode = option_or(options, "mode", "");
  if (!mode.empty() && mode != "blocking" && mode != "non-blocking")
    return fail(Errc::kInvalid, "logging mode not supported: '" + mode.substr(0, 100) +
                                    "'; it is blocking or non-blocking");
  const std::string size = option_or(options, "max-buffer-size", "");
  if (!size.empty() && !is_size(size))
    return fail(Errc::kInvalid, "error parsing option max-buffer-size: invalid size: '" +
                                    size.substr(0, 100) + "'");
  if (!size.empty() && mode == "blocking")
    return fail(Errc::kInvalid,
                "max-buffer-size option is only supported with 'mode=non-blocking'");
  return {};
}

}  // namespace

Result<int> syslog_facility(const LogOptions& options) {
  const std::string name = option_or(options, "syslog-facility", "daemon");
  for (std::size_t i = 0; i < kFacilities.size(); ++i)
    if (name == kFacilities[i]) return static_cast<int>(i < 12 ? i : i + 4) << 3;
  int number = -1;
  const auto [end, ec] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (ec == std::errc{} && end == name.data() + name.size() && number >= 0 && number <= 23)
    return number << 3;
  return fail(Errc::kInvalid, "invalid syslog facility: \"" + name.substr(0, 100) +
                                  "\" (it must be a name like daemon or local0, or 0 to 23)");
}

Result<LogAddress> syslog_address(const LogOptions& options) {
  return parse_address("syslog-address",
                       option_or(options, "syslog-address", "unixgram:///dev/log"),
                       {"udp", "tcp", "unix", "unixgram"}, "514");
}

Result<LogAddress> gelf_address(const LogOptions& options) {
  const auto at = options.find("gelf-address");
  if (at == options.end() || at->second.empty())
    return fail(Errc::kInvalid, "gelf-address is a required parameter");
  return parse_address("gelf-address", at->second, {"udp", "tcp"}, "12201");
}

Result<LogAddress> fluentd_address(const LogOptions& options) {
  std::string text = option_or(options, "fluentd-address", "tcp://127.0.0.1:24224");
  if (text.find("://") == std::string::npos) text.insert(0, "tcp://");
  return parse_address("fluentd-address", text, {"tcp", "unix"}, "24224");
}

Status check_log_options(std::string_view driver, const LogOptions& options) {
  struct Row {
    std::string_view name;
    Status (*check)(const LogOptions&);
  };
  constexpr std::array kRows = {Row{"awslogs", check_awslogs}, Row{"splunk", check_splunk},
                                Row{"fluentd", check_fluentd}, Row{"gelf", check_gelf},
                                Row{"syslog", check_syslog},   Row{"journald", check_journald}};
  for (const Row& row : kRows)
    if (row.name == driver) return row.check(options);
  return {};
}

}  // namespace drydock::taskdef
