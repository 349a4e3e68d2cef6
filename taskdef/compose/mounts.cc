#include <nlohmann/json.hpp>

#include "taskdef/compose/service.h"

// The volumes of a service: which, where from, where to.
namespace drydock::taskdef::compose {
namespace {

bool is_path(const std::string& source) {
  return source.starts_with('/') || source.starts_with('.') || source.starts_with('~');
}

// "SOURCE:TARGET:OPTIONS", "TARGET".
Status add_short(const Context& context, const Yaml& item, const std::string& path, Json& out) {
  DRYDOCK_LET(std::string text, text_at(context, item, path));
  const std::size_t first = text.find(':');
  std::string source = first == std::string::npos ? "" : text.substr(0, first);
  std::string target = first == std::string::npos ? text : text.substr(first + 1);
  bool read_only = false;
  if (const std::size_t second = target.find(':'); second != std::string::npos) {
    std::string words = target.substr(second + 1);
    target.resize(second);
    while (!words.empty()) {
      const std::size_t comma = std::min(words.find(','), words.size());
      const std::string word = words.substr(0, comma);
      words.erase(0, comma + 1);
      if (word == "ro")
        read_only = true;
      else if (word != "rw")
        note(context, path, "the option \"" + word + "\" of " + target + " is ignored");
    }
  }
  if (!target.starts_with('/'))
    return fail_at(context, item, path,
                   "\"" + text + "\" must have the form SOURCE:/TARGET or SOURCE:/TARGET:ro");
  Json mount = {{"type", is_path(source) ? "bind" : "volume"}};
  if (!source.empty()) mount["source"] = is_path(source) ? absolute_path(context, source) : source;
  mount["readOnly"] = read_only;
  out[target] = std::move(mount);
  return {};
}

Status add_long(const Context& context, const Yaml& item, const std::string& path, Json& out) {
  Json mount = {{"type", "volume"}, {"readOnly", false}};
  std::string target, source;
  for (const auto& [key, value] : item.members) {
    const std::string here = path + "." + key;
    if (key == "type") {
      DRYDOCK_LET(mount["type"], text_at(context, value, here));
    } else if (key == "source" || key == "src") {
      DRYDOCK_LET(source, text_at(context, value, here));
    } else if (key == "target" || key == "dst" || key == "destination") {
      DRYDOCK_LET(target, text_at(context, value, here));
    } else if (key == "read_only") {
      DRYDOCK_LET(mount["readOnly"], flag_at(context, value, here));
    } else if (const Yaml* size = key == "tmpfs" ? value.find("size") : nullptr) {
      DRYDOCK_LET(mount["size"], mib_at(context, *size, here + ".size"));
    } else {
      note(context, here, "ignored: ECS has no place for it");
    }
  }
  const std::string type = json_string(mount, "type");
  if (type != "bind" && type != "volume" && type != "tmpfs")
    return fail_at(context, item, path, "\"" + type + "\" must be bind, volume or tmpfs");
  if (!target.starts_with('/')) return fail_at(context, item, path, "target must be a path");
  if (type == "bind" && source.empty())
    return fail_at(context, item, path, "a bind needs a source");
  if (type == "tmpfs" && !mount.contains("size"))
    return fail_at(context, item, path, "ECS wants the size of a tmpfs; write tmpfs: {size: 64m}");
  if (!source.empty()) mount["source"] = type == "bind" ? absolute_path(context, source) : source;
  out[target] = std::move(mount);
  return {};
}

}  // namespace

Status read_mounts(const Context& context, const Yaml& node, const std::string& path, Json& out) {
  out = Json::object();
  if (!node.is_list()) return fail_at(context, node, path, "expected a list of volumes");
  for (const Yaml& item : node.items)
    DRYDOCK_TRY(item.is_map() ? add_long(context, item, path, out)
                              : add_short(context, item, path, out));
  return {};
}

}  // namespace drydock::taskdef::compose
