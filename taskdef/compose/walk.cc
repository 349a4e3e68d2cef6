#include "taskdef/compose/walk.h"

#include <nlohmann/json.hpp>

namespace drydock::taskdef::compose {

Status walk(const Context& c, const Yaml& node, const std::string& path,
            const std::vector<Member>& members) {
  if (node.is_null()) return {};
  if (!node.is_map())
    return fail_at(c, node, path, "expected a map, found " + std::string(kind_name(node)));
  for (const auto& [key, value] : node.members) {
    const std::string here = path.empty() ? key : path + "." + key;
    const Member* known = nullptr;
    for (const Member& one : members)
      if (one.key == key) known = &one;
    if (!known)
      note(c, here, "ignored: ecs-params.yml has no such key");
    else if (!value.is_null())
      DRYDOCK_TRY(known->put(value, here));
  }
  return {};
}

Status each(const Context& c, const Yaml& node, const std::string& path, const Put& put) {
  if (!node.is_list()) return fail_at(c, node, path, "expected a list");
  for (std::size_t i = 0; i < node.items.size(); ++i)
    DRYDOCK_TRY(put(node.items[i], path + "[" + std::to_string(i) + "]"));
  return {};
}

Put text(const Context& c, Json& to, const std::string& member) {
  return [&c, &to, member](const Yaml& node, const std::string& path) -> Status {
    DRYDOCK_LET(to[member], text_at(c, node, path));
    return {};
  };
}
Put flag(const Context& c, Json& to, const std::string& member) {
  return [&c, &to, member](const Yaml& node, const std::string& path) -> Status {
    DRYDOCK_LET(to[member], flag_at(c, node, path));
    return {};
  };
}
Put number(const Context& c, Json& to, const std::string& member) {
  return [&c, &to, member](const Yaml& node, const std::string& path) -> Status {
    DRYDOCK_LET(to[member], number_at(c, node, path));
    return {};
  };
}
Put mib(const Context& c, Json& to, const std::string& member) {
  return [&c, &to, member](const Yaml& node, const std::string& path) -> Status {
    DRYDOCK_LET(to[member], mib_at(c, node, path));
    return {};
  };
}
Put texts(const Context& c, Json& to, const std::string& member) {
  return [&c, &to, member](const Yaml& node, const std::string& path) -> Status {
    DRYDOCK_LET(to[member], texts_at(c, node, path));
    return {};
  };
}
Put string_map(const Context& c, Json& to, const std::string& member) {
  return [&c, &to, member](const Yaml& node, const std::string& path) -> Status {
    DRYDOCK_LET(const auto pairs, pairs_at(c, node, path));
    to[member] = Json::object();
    for (const Pair& pair : pairs) to[member][pair.name] = pair.value.value_or("");
    return {};
  };
}
Put map(const Context& c, Json& to, const std::string& member, const Fill& fill) {
  return [&c, &to, member, fill](const Yaml& node, const std::string& path) -> Status {
    Json& inside = to[member];
    inside = Json::object();
    return walk(c, node, path, fill(inside));
  };
}
Put maps(const Context& c, Json& to, const std::string& member, const Fill& fill) {
  return [&c, &to, member, fill](const Yaml& node, const std::string& path) -> Status {
    to[member] = Json::array();
    return each(c, node, path, [&](const Yaml& item, const std::string& here) -> Status {
      Json one = Json::object();
      DRYDOCK_TRY(walk(c, item, here, fill(one)));
      to[member].push_back(std::move(one));
      return {};
    });
  };
}

}  // namespace drydock::taskdef::compose
