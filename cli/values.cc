#include "cli/values.h"

#include <arpa/inet.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/json.h"

namespace drydock::cli {
namespace {

std::optional<int> number(std::string_view text, int lowest, int highest) {
  int n = 0;
  auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (text.empty() || ec != std::errc{} || end != text.data() + text.size() || n < lowest ||
      n > highest)
    return std::nullopt;
  return n;
}

std::optional<int> port(std::string_view text, int lowest = 1) {
  return number(text, lowest, 65535);
}

bool is_container_name(std::string_view text) {
  return !text.empty() && text.size() <= 255 &&
         text.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
             std::string_view::npos;
}

auto bad(std::string_view text, std::string_view form) {
  return fail(Errc::kInvalid,
              "\"" + std::string(text) + "\" does not have the form " + std::string(form));
}

}  // namespace

Result<Publish> parse_publish(std::string_view text) {
  constexpr std::string_view kForm =
      "[CTR:][ADDRESS:]HOST:PORT, with /udp behind it if need be, with ports from 1 to 65535, or "
      "host port 0 for any free one";
  Publish out;
  std::string_view rest = text;
  if (const auto slash = rest.rfind('/'); slash != std::string_view::npos) {
    out.protocol = rest.substr(slash + 1);
    if (out.protocol != "tcp" && out.protocol != "udp") return bad(text, kForm);
    rest = rest.substr(0, slash);
  }
  // Takes what stands behind the last colon off `rest`.
  const auto last_part = [&rest] {
    const auto colon = rest.rfind(':');
    const auto part = rest.substr(colon + 1);
    rest = colon == std::string_view::npos ? std::string_view() : rest.substr(0, colon);
    return part;
  };
  if (rest.find(':') == std::string_view::npos) return bad(text, kForm);
  const auto container_port = port(last_part());
  const bool more = rest.find(':') != std::string_view::npos;
  const auto host_port = port(last_part(), 0);
  // Names of containers have no dots, addresses have.
  if (more && rest.find('.') != std::string_view::npos) {
    const bool named = rest.find(':') != std::string_view::npos;
    out.address = last_part();
    in_addr address{};
    if (::inet_pton(AF_INET, out.address.c_str(), &address) != 1) return bad(text, kForm);
    if (named) out.container = rest;
    if (named && !is_container_name(out.container)) return bad(text, kForm);
  } else if (more) {
    out.container = rest;
    if (!is_container_name(out.container)) return bad(text, kForm);
  }
  if (!container_port || !host_port) return bad(text, kForm);
  out.host_port = *host_port;
  out.container_port = *container_port;
  return out;
}

Result<EnvironmentSetting> parse_environment(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) return bad(text, "[CTR:]NAME=VALUE");
  EnvironmentSetting out;
  out.value = text.substr(equals + 1);
  std::string_view name = text.substr(0, equals);
  if (const auto colon = name.find(':'); colon != std::string_view::npos) {
    out.container = name.substr(0, colon);
    if (!is_container_name(out.container)) return bad(text, "[CTR:]NAME=VALUE");
    name = name.substr(colon + 1);
  }
  if (name.empty()) return bad(text, "[CTR:]NAME=VALUE");
  out.name = name;
  return out;
}

Result<CommandSetting> parse_command(std::string_view text) {
  constexpr std::string_view kForm = "CTR=WORDS or CTR=[\"JSON\", \"list\"]";
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || !is_container_name(text.substr(0, equals)))
    return bad(text, kForm);
  CommandSetting out;
  out.container = text.substr(0, equals);
  const std::string_view command = text.substr(equals + 1);
  if (!command.starts_with('[')) {
    DRYDOCK_LET(out.command, split_words(command));
    return out;
  }
  DRYDOCK_LET(const Json json, parse_json(command));
  for (const auto& word : json) {
    if (!word.is_string()) return bad(text, kForm);
    out.command.push_back(word.get<std::string>());
  }
  return out;
}

Result<EnvFileSetting> parse_env_file_flag(std::string_view text) {
  const auto equals = text.find('=');
  EnvFileSetting out;
  if (equals != std::string_view::npos) out.object = text.substr(0, equals);
  out.file = text.substr(equals == std::string_view::npos ? 0 : equals + 1);
  if (out.file.empty() || (equals != std::string_view::npos && out.object.empty()))
    return bad(text, "[OBJECT=]FILE");
  return out;
}

Result<std::pair<std::string, std::string>> parse_image(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || !is_container_name(text.substr(0, equals)) ||
      equals + 1 == text.size())
    return bad(text, "CTR=IMAGE");
  return std::pair{std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

Result<std::pair<std::string, std::string>> parse_parameter(std::string_view text) {
  const auto at = text.find('=');
  if (at == 0 || at == std::string_view::npos) return bad(text, "NAME=VALUE");
  return std::pair{std::string(text.substr(0, at)), std::string(text.substr(at + 1))};
}

Result<std::pair<std::string, int>> parse_scale(std::string_view text) {
  const auto at = text.rfind('=');
  const auto n = at == std::string_view::npos ? std::nullopt : number(text.substr(at + 1), 0, 5000);
  if (at == 0 || !n) return bad(text, "SERVICE=COUNT, with a count from 0 to 5000");
  return std::pair{std::string(text.substr(0, at)), *n};
}

Result<std::int64_t> parse_storage(std::string_view text) {
  const bool mib = text.ends_with("MiB");
  std::string_view digits = text;
  if (mib || text.ends_with("GiB")) digits.remove_suffix(3);
  const auto n = number(digits, mib ? 16 : 1, mib ? 200 * 1024 : 200);
  if (!n) return bad(text, "30GiB or 64MiB, from 16MiB to 200GiB");
  return std::int64_t{*n} * (mib ? 1 : 1024);
}

Result<std::pair<std::string, int>> parse_volume_size(std::string_view text) {
  const auto equals = text.find('=');
  const auto gib =
      number(equals == std::string_view::npos ? "" : text.substr(equals + 1), 1, 65536);
  if (!gib || !is_container_name(text.substr(0, equals)))
    return bad(text, "VOLUME=GIB, from 1 to 65536 GiB");
  return std::pair{std::string(text.substr(0, equals)), *gib};
}

Result<Host> parse_host(std::string_view text) {
  Host host;
  if (text.starts_with("unix:")) {
    std::string_view path = text.substr(5);
    if (path.starts_with("//")) path.remove_prefix(2);
    if (path.size() > 1 && path[0] == '/' && path.size() < 108) {
      host.socket = path;
      return host;
    }
  } else if (text.starts_with("http://") && text.size() > 7) {
    host.url = text;
    while (host.url.ends_with('/')) host.url.pop_back();
    return host;
  }
  return bad(text, "unix:///PATH or http://127.0.0.1:PORT");
}

}  // namespace drydock::cli
