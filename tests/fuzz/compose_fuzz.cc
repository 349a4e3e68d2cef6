#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "taskdef/compose/compose.h"
#include "taskdef/shapes.h"
#include "taskdef/validate.h"
#include "taskdef/yaml/yaml.h"

// Any bytes may come as a Compose file, its ecs-params.yml (behind a line "%%%") or an env_file:
// nothing may crash, and what is made has the types of a task definition.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock;
  using namespace drydock::taskdef;
  const std::string all(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = all.find("\n%%%\n");
  compose::Options options;
  options.folder = "/work/shop";
  options.home = "/home/me";
  options.variable = [](const std::string& name) -> std::optional<std::string> {
    return name.size() % 2 == 0 ? std::optional<std::string>("value") : std::nullopt;
  };
  options.read_file = [&](const std::string&) -> Result<std::string> { return all; };
  if (cut != std::string::npos)
    options.ecs_params = compose::SourceFile{"ecs-params.yml", all.substr(cut + 5)};
  const std::string file = all.substr(0, cut);
  (void)compose::looks_like_compose(file);
  (void)compose::parse_env_text(file, options.variable);
  if (const auto node = read_yaml(file)) {
    const Json json = yaml_json(*node);
    // NUL and broken UTF-8 are written as something else.
    const auto again = read_yaml(yaml_text(json));
    (void)again;
  }
  const auto made = compose::convert_compose({{"c.yml", file}}, options);
  if (!made) return 0;
  const Json* containers = json_find(made->request, "containerDefinitions");
  if (!containers || containers->empty()) std::abort();
  for (const Json& container : *containers)
    if (json_string(container, "image").empty()) std::abort();
  (void)check_types(made->request, request_shape());
  (void)validate(made->request);
  return 0;
}
