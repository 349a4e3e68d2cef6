#pragma once
#include "base/json.h"
#include "base/result.h"
#include "taskdef/shapes.h"

// Values of other tools' documents in the names and types of the ECS API.
namespace drydock::taskdef::templates {

// `value` in the form of `shape`: members are found whatever their case and underscores
// (ContainerPort, container_port), numbers and texts become what the API wants, a list of one block
// becomes the block, and a map becomes a list of names and values where the API has one. A member
// that the API does not know keeps its name, its first letter small. kInvalid names the path from
// `path` on.
Result<Json> fit(const Json& value, const Shape& shape, const std::string& path);

// CreateService's members that mean something here (api.md 4.1).
const Shape& service_shape();

}  // namespace drydock::taskdef::templates
