#include "taskdef/log_options.h"

#include <algorithm>
#include <array>

namespace drydock::taskdef {

std::string option_or(const LogOptions& options, const std::string& name, std::string fallback) {
  const auto at = options.find(name);
  if (at == options.end() || at->second.empty()) return fallback;
  return at->second;
}

Status check_choice(const LogOptions& options, const std::string& name,
                    const std::vector<std::string_view>& allowed) {
  const auto at = options.find(name);
  if (at == options.end() || at->second.empty()) return {};
  std::string list;
  for (const auto one : allowed) {
    if (at->second == one) return {};
    list += (list.empty() ? "" : ", ") + std::string(one);
  }
  return fail(Errc::kInvalid, "the log option " + name + " is \"" + at->second.substr(0, 100) +
                                  "\"; it must be one of " + list);
}

Status check_names(const LogOptions& options, const std::string& driver,
                   const std::vector<std::string_view>& known) {
  constexpr std::array<std::string_view, 7> kCommon = {
      "mode", "max-buffer-size", "tag", "labels", "labels-regex", "env", "env-regex"};
  for (const auto& [name, value] : options) {
    const bool common = std::find(kCommon.begin(), kCommon.end(), name) != kCommon.end();
    if (common || std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::string list;
    for (const auto one : known) list += (list.empty() ? "" : ", ") + std::string(one);
    for (const auto one : kCommon) list += (list.empty() ? "" : ", ") + std::string(one);
    return fail(Errc::kInvalid, "unknown log opt '" + name.substr(0, 100) + "' for " + driver +
                                    " log driver (it has " + list + ")");
  }
  // Which fields there are is known; what they stand for is not.
  const auto known_field = [](std::string_view name) -> std::optional<std::string> {
    for (const std::string_view one :
         {".ID", ".FullID", ".Name", ".ImageName", ".ImageFullName", ".DaemonName"})
      if (name == one) return std::string();
    return std::nullopt;
  };
  const auto tag = fill_tag(option_or(options, "tag", ""), known_field);
  return tag ? Status() : tl::unexpected(tag.error());
}

Result<std::string> fill_tag(
    const std::string& text,
    const std::function<std::optional<std::string>(std::string_view)>& field) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto open = text.find("{{", at);
    const auto close = open == std::string::npos ? open : text.find("}}", open);
    if (close == std::string::npos) return out + text.substr(at);
    out += text.substr(at, open - at);
    std::string name = text.substr(open + 2, close - open - 2);
    std::erase(name, ' ');
    const auto value = field(name);
    if (!value)
      return fail(Errc::kInvalid,
                  "the log option tag has {{" + name.substr(0, 64) +
                      "}}; known are .ID, .FullID, .Name, .ImageName, .ImageFullName and "
                      ".DaemonName");
    out += *value;
    at = close + 2;
  }
  return out;
}

Result<LogAddress> parse_address(const std::string& option, const std::string& text,
                                 const std::vector<std::string_view>& schemes,
                                 const std::string& default_port) {
  const auto wrong = [&] {
    std::string list;
    for (const auto one : schemes) list += (list.empty() ? "" : ", ") + std::string(one) + "://";
    return fail(Errc::kInvalid, "the log option " + option + " is \"" + text.substr(0, 200) +
                                    "\"; it must be an address that begins with one of " + list);
  };
  const auto colon = text.find("://");
  if (colon == std::string::npos) return wrong();
  const std::string scheme = text.substr(0, colon);
  if (std::find(schemes.begin(), schemes.end(), scheme) == schemes.end()) return wrong();
  LogAddress address;
  address.text = text;
  const std::string rest = text.substr(colon + 3);
  if (scheme.starts_with("unix")) {
    address.kind =
        scheme == "unix" ? LogAddress::Kind::kUnixStream : LogAddress::Kind::kUnixDatagram;
    address.path = rest;
    // sockaddr_un takes no more.
    return rest.starts_with('/') && rest.size() < 108 ? Result<LogAddress>(address) : wrong();
  }
  address.kind = scheme == "udp" ? LogAddress::Kind::kUdp : LogAddress::Kind::kTcp;
  const auto port = rest.rfind(':');
  const bool has_port = port != std::string::npos && rest.find(']', port) == std::string::npos;
  address.host = rest.substr(0, has_port ? port : std::string::npos);
  address.port = has_port ? rest.substr(port + 1) : default_port;
  if (address.host.starts_with('[') && address.host.ends_with(']'))
    address.host = address.host.substr(1, address.host.size() - 2);
  if (address.host.empty() || address.port.empty() ||
      address.port.find_first_not_of("0123456789") != std::string::npos)
    return wrong();
  return address;
}

}  // namespace drydock::taskdef
