#pragma once
#include <string>
#include <vector>

#include "cli/services.h"
#include "taskdef/templates/templates.h"

// What `up` makes of a file, and `down` finds again by a tag. Who includes this includes
// nlohmann/json.hpp before it.
namespace drydock::cli {

inline constexpr const char* kUpTag = "drydock:up";

// NOLINTNEXTLINE(bugprone-exception-escape): moving a Json does not throw
struct PlannedService {
  std::string name, cluster;
  std::string definition;  // an ARN or family; empty: `document`
  Json document;           // RegisterTaskDefinition's
  Json request;            // CreateService's, without what the definition decides
};

// The services that a file means: its own, else one for each task definition. Pure; errors name the
// file's resource. `notes` gets what is left alone.
Result<std::vector<PlannedService>> planned_services(taskdef::templates::Content content,
                                                     const UpOptions& options,
                                                     std::vector<std::string>& notes);

// Whether the two register as the same revision, tags apart. Pure.
bool same_definition(const Json& request, const Json& registered);

// The value of a tag in an API object; empty when it has none.
std::string tag_of(const Json& object, const std::string& key);

}  // namespace drydock::cli
