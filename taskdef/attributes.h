#pragma once
#include <string>
#include <vector>

#include "base/json.h"

// What ECS works out about a definition when it registers it.
namespace drydock::taskdef {

// The launch types the request is valid for, in the order ECS has been seen to list them.
std::vector<std::string> compatibilities_of(const Json& request);

// Names of the capabilities an EC2 instance would need (requiresAttributes). A best effort: nothing
// depends on it.
std::vector<std::string> attributes_of(const Json& document);

}  // namespace drydock::taskdef
