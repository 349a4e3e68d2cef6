#include "daemon/config.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "daemon/config_keys.h"

namespace drydock::daemon {
namespace {

constexpr const char* kDefaultFile = "/etc/drydock/drydock.json";
constexpr std::size_t kMaxFile = 1u << 20;

template <class Name>
std::vector<std::string_view> names(Name name) {
  std::vector<std::string_view> all;
  for (const auto& key : key_table())
    if (const std::string_view one = name(key); !one.empty()) all.push_back(one);
  return all;
}

// "port" is what others call it; it is like none of our keys.
std::string nearest_key(const std::string& unknown) {
  for (const char* other : {"port", "address", "endpoint", "host"})
    if (unknown == other) return "; did you mean listen?";
  return nearest(unknown, names([](const Key& k) { return k.name; }));
}

// Walks the file's object. A member is a key, a group of keys ("health"), or unknown.
Status apply_object(Config& config, const Json& object, const std::string& prefix) {
  for (const auto& [member, value] : object.items()) {
    const std::string name = prefix + member;
    const auto& keys = key_table();
    const auto key =
        std::find_if(keys.begin(), keys.end(), [&](const Key& k) { return k.name == name; });
    if (key != keys.end()) {
      if (auto ok = set_from_json(config, *key, value); !ok)
        return fail(Errc::kInvalid, name + " " + ok.error().message);
      continue;
    }
    const bool group = std::any_of(keys.begin(), keys.end(),
                                   [&](const Key& k) { return k.name.starts_with(name + "."); });
    if (!group)
      return fail(Errc::kInvalid, name + " (here " + dump_json(value).substr(0, 100) +
                                      ") is not a known key" + nearest_key(name));
    if (!value.is_object())
      return fail(Errc::kInvalid, name + " is " + dump_json(value) + "; it must be an object");
    DRYDOCK_TRY(apply_object(config, value, name + "."));
  }
  return {};
}

// The flags that are no configuration keys but belong to one start.
struct Flags {
  Invocation& invocation;
  std::string config_file;
  std::vector<std::pair<const Key*, std::string>> settings;
};

Status read_flag(Flags& flags, const std::vector<std::string>& args, std::size_t& at) {
  std::string name = args[at];
  std::optional<std::string> given;
  if (const auto equals = name.find('='); equals != std::string::npos && name.starts_with("--")) {
    given = name.substr(equals + 1);
    name.resize(equals);
  }
  const auto text = [&]() -> Result<std::string> {
    if (given) return *given;
    if (at + 1 >= args.size()) return fail(Errc::kInvalid, name + " needs a value");
    return args[++at];
  };
  if (name == "--help" || name == "-h") return flags.invocation.help = true, Status{};
  if (name == "--version") return flags.invocation.version = true, Status{};
  if (name == "--check") return flags.invocation.check = true, Status{};
  if (name == "--foreground") return flags.invocation.foreground = true, Status{};
  if (name == "--ready-file" || name == "--config") {
    DRYDOCK_LET(std::string file, text());
    (name == "--config" ? flags.config_file : flags.invocation.ready_file) = std::move(file);
    return {};
  }
  for (const auto& key : key_table()) {
    if (key.flag.empty() || key.flag != name) continue;
    std::string value = "true";
    if (!key.value.empty()) {
      DRYDOCK_LET(value, text());
    } else if (given) {
      return fail(Errc::kInvalid, name + " takes no value");
    }
    flags.settings.emplace_back(&key, std::move(value));
    return {};
  }
  return fail(Errc::kInvalid, name + " is not a flag of drydockd" +
                                  nearest(name, names([](const Key& k) { return k.flag; })) +
                                  " (see drydockd --help)");
}

Status apply_config_file(Invocation& invocation, const std::string& named) {
  const std::string file = named.empty() ? kDefaultFile : named;
  const auto text = read_file(file, kMaxFile);
  if (!text && named.empty() && text.error().code == Errc::kNotFound) return {};
  if (!text) return fail(text.error().code, "configuration: " + text.error().message);
  invocation.config_file = file;
  return apply_file(invocation.config, *text, file);
}

// What only two keys together can show.
Status check_network(const Config& config) {
  if (config.tasks_endpoint_url == "local" && config.tasks_api == "none")
    return fail(Errc::kInvalid,
                "tasks.endpoint_url is local, but tasks.api is none: set that to sts or all");
  if (config.tasks_api != "none" && config.listen == "none")
    return fail(Errc::kInvalid, "tasks.api is " + config.tasks_api +
                                    ", but listen is none: tasks use the port of listen");
  if (config.mtu != 0 && config.mtu < 576)
    return fail(Errc::kInvalid,
                "mtu is " + std::to_string(config.mtu) + "; it must be 0, or 576 at least");
  const auto network = netns::parse_subnet(config.subnet);
  if (!network || config.network_subnets.empty()) return {};
  auto fits = netns::check_mapped(mapped_subnets(config), *network);
  return fits ? Status() : tl::unexpected(std::move(fits.error()).in("network.subnets"));
}

}  // namespace

Status apply_file(Config& config, std::string_view text, const std::string& file) {
  Config changed = config;
  auto json = parse_json(text);
  if (!json) return fail(Errc::kInvalid, file + ": " + json.error().message);
  if (!json->is_object())
    return fail(Errc::kInvalid, file + ": the configuration must be a JSON object");
  if (auto ok = apply_object(changed, *json, ""); !ok)
    return fail(Errc::kInvalid, file + ": " + ok.error().message);
  config = std::move(changed);
  return {};
}

Status apply_environment(Config& config, const Environment& environment) {
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    const auto region = environment(name);
    if (!region || region->empty()) continue;
    const auto& keys = key_table();
    const auto key =
        std::find_if(keys.begin(), keys.end(), [](const Key& k) { return k.name == "region"; });
    if (auto ok = set_from_text(config, *key, *region); !ok)
      return fail(Errc::kInvalid,
                  std::string("the environment's ") + name + " " + ok.error().message);
    break;
  }
  return {};
}

Result<Invocation> read_invocation(const std::vector<std::string>& args,
                                   const Environment& environment) {
  Invocation invocation;
  Flags flags{invocation, {}, {}};
  for (std::size_t at = 0; at < args.size(); ++at) DRYDOCK_TRY(read_flag(flags, args, at));
  if (invocation.help || invocation.version) return invocation;
  DRYDOCK_TRY(apply_config_file(invocation, flags.config_file));
  DRYDOCK_TRY(apply_environment(invocation.config, environment));
  bool uids_seen = false;
  for (const auto& [key, text] : flags.settings) {
    // The first --allow-uid replaces the file's list, the next ones add to it.
    if (key->form == Form::kUids && !std::exchange(uids_seen, true))
      invocation.config.allow_uids.clear();
    if (auto ok = set_from_text(invocation.config, *key, text); !ok)
      return fail(Errc::kInvalid, std::string(key->flag) + " " + ok.error().message);
  }
  if (invocation.config.root == invocation.config.run)
    return fail(Errc::kInvalid,
                "root and run are both " + invocation.config.root + "; they must be two folders");
  DRYDOCK_TRY(check_network(invocation.config));
  return invocation;
}

std::optional<std::string> process_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

Json config_json(const Config& config) {
  Json out = Json::object();
  for (const auto& key : key_table()) {
    Json* at = &out;
    std::string_view rest = key.name;
    for (auto dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.')) {
      at = &(*at)[std::string(rest.substr(0, dot))];
      rest.remove_prefix(dot + 1);
    }
    (*at)[std::string(rest)] = value_json(config, key);
  }
  return out;
}

std::string config_text(const Config& config) { return pretty_json(config_json(config)); }

std::string configuration_document() {
  std::string out =
      "# Configuration\n\n<!-- Made from the key table in daemon/config_keys.cc; a test keeps it "
      "current. -->\n\n"
      "`drydockd` reads `" +
      std::string(kDefaultFile) +
      "` when it is there, or the file given with `--config`. The file is "
      "one JSON object.\nKeys with a dot are nested: `health.early` is `{\"health\": {\"early\": "
      "false}}`. A key that is "
      "not in this table is refused.\nA flag wins over the environment, the environment over the "
      "file, the file over the "
      "default.\n\n| key | default | must be | flag | what it does |\n|---|---|---|---|---|\n";
  const Config defaults;
  const auto cell = [](std::string text) {
    for (auto at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2))
      text.insert(at, "\\");
    return text;
  };
  for (const auto& key : key_table()) {
    std::string flag = key.flag.empty()
                           ? ""
                           : "`" + std::string(key.flag) +
                                 (key.value.empty() ? "" : " " + std::string(key.value)) + "`";
    out += "| `" + std::string(key.name) + "` | `" + dump_json(value_json(defaults, key)) + "` | " +
           cell(form_text(key)) + " | " + cell(std::move(flag)) + " | " +
           cell(std::string(key.doc)) + " |\n";
  }
  return out + "\nThe whole file with every default:\n\n```json\n" +
         pretty_json(config_json(defaults)) + "\n```\n";
}

std::string daemon_help() {
  std::string out = "drydockd: the Drydock daemon\n\nUsage: drydockd [flags]\n\n";
  const auto row = [&](const std::string& flag, std::string_view doc) {
    out += "  " + flag + std::string(flag.size() < 26 ? 26 - flag.size() : 1, ' ') +
           std::string(doc) + "\n";
  };
  for (const auto& key : key_table())
    if (!key.flag.empty())
      row(std::string(key.flag) + (key.value.empty() ? "" : " " + std::string(key.value)), key.doc);
  row("--config FILE", "The configuration file, instead of " + std::string(kDefaultFile) + ".");
  row("--ready-file FILE", "A file that is written when the daemon answers.");
  row("--check", "Reads the configuration, prints it or what is wrong with it, and ends.");
  row("--foreground", "Stays in the caller's session and writes its log to stderr.");
  row("--version", "Prints the version.");
  return out +
         "\nExample: drydockd --root /tmp/dock --run /tmp/dock.run --listen 127.0.0.1:0 "
         "--foreground\n";
}

}  // namespace drydock::daemon
