#include <nlohmann/json.hpp>

#include "cli/project.h"

#include <algorithm>
#include <set>

#include "taskdef/normalise.h"
#include "taskdef/parse.h"

namespace drydock::cli {
namespace {

using taskdef::templates::Content;
using taskdef::templates::Definition;
using taskdef::templates::Service;

Definition* find(std::vector<Definition>& all, const std::string& name) {
  const auto at =
      std::find_if(all.begin(), all.end(), [&](const Definition& d) { return d.name == name; });
  return at == all.end() ? nullptr : &*at;
}

// "arn:aws:ecs:r:a:cluster/demo" and "demo" are the same cluster here.
std::string cluster_of(const UpOptions& options, const Json& request) {
  if (!options.cluster.empty()) return options.cluster;
  const std::string text = json_string(request, "cluster", "default");
  return text.substr(text.rfind('/') + 1);
}

Result<PlannedService> planned(const UpOptions& options, std::string name, std::string definition,
                               Json request, std::vector<Definition>& all) {
  PlannedService out;
  out.name = std::move(name);
  out.cluster = cluster_of(options, request);
  out.request = std::move(request);
  if (const Definition* own = find(all, definition)) {
    if (!own->request) return tl::unexpected(own->request.error());
    out.document = *own->request;
  } else {
    out.definition = std::move(definition);
  }
  return out;
}

}  // namespace

Result<std::vector<PlannedService>> planned_services(Content content, const UpOptions& options,
                                                     std::vector<std::string>& notes) {
  std::vector<PlannedService> out;
  std::set<std::string> run;
  for (Service& service : content.services) {
    if (!options.from.resource.empty() && service.definition != options.from.resource &&
        service.name != options.from.resource)
      continue;
    if (!service.request) return tl::unexpected(std::move(service.request.error()));
    run.insert(service.definition);
    std::string name = json_string(*service.request, "serviceName", service.name);
    DRYDOCK_LET(auto one, planned(options, std::move(name), service.definition,
                                  std::move(*service.request), content.definitions));
    out.push_back(std::move(one));
  }
  for (const Definition& definition : content.definitions) {
    if (run.contains(definition.name)) continue;
    if (!options.from.resource.empty() && definition.name != options.from.resource) continue;
    if (!content.services.empty() && options.from.resource.empty()) {
      notes.push_back(definition.name + ": no service runs it; it is left alone");
      continue;
    }
    if (!definition.request) return tl::unexpected(definition.request.error());
    DRYDOCK_LET(auto one, planned(options, json_string(*definition.request, "family"),
                                  definition.name, Json::object(), content.definitions));
    out.push_back(std::move(one));
  }
  if (out.empty()) return fail(Errc::kNotFound, "nothing in it is called " + options.from.resource);
  return out;
}

bool same_definition(const Json& request, const Json& registered) {
  const auto comparable = [](const Json& document) {
    Json out = taskdef::normalise(taskdef::to_request(document));
    out.erase("tags");
    return out;
  };
  return comparable(request) == comparable(registered);
}

std::string tag_of(const Json& object, const std::string& key) {
  const Json* tags = json_find(object, "tags");
  for (const Json& tag : tags && tags->is_array() ? *tags : Json::array())
    if (json_string(tag, "key") == key) return json_string(tag, "value");
  return {};
}

}  // namespace drydock::cli
