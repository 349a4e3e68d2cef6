#include <nlohmann/json.hpp>

#include "daemon/config_keys.h"
#include "runtime/s3_objects.h"

// The keys below "s3".
namespace drydock::daemon {

Status set_objects(Config& config, const Key& key, const Json& value) {
  if (!value.is_object()) return fail(Errc::kInvalid, "must be " + form_text(key));
  std::map<std::string, std::string> objects;
  for (const auto& [name, item] : value.items()) {
    const auto object = runtime::s3_object_name(name);
    if (!object)
      return fail(Errc::kInvalid, "has \"" + name + "\", which is neither bucket/key nor its ARN");
    const std::string path = item.is_string() ? item.get<std::string>() : "";
    if (path.size() < 2 || path.front() != '/')
      return fail(Errc::kInvalid, "maps " + name + " to " + dump_json(item) +
                                      "; it must be an absolute path of a file, or of a folder for "
                                      "a name that ends in a slash");
    objects[*object] = path;
  }
  config.*std::get<std::map<std::string, std::string> Config::*>(key.member) = std::move(objects);
  return {};
}

}  // namespace drydock::daemon
