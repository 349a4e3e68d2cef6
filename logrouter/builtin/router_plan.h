#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "taskdef/model.h"

// What the built-in log router does: the generated configuration (firelens-and-lifecycle.md A3), no
// more. Pure.
namespace drydock::logrouter {

// A [SECTION] of the file.
struct RouterSection {
  std::string name;                                             // INPUT, FILTER, OUTPUT
  std::vector<std::pair<std::string, std::string>> properties;  // as they stand there
  // The value of a property, whose name has any case; empty when it is not there.
  std::string get(std::string_view key) const;
};

// Reads the generated file's text. kInvalid names the line.
Result<std::vector<RouterSection>> read_router_config(std::string_view text);

// Whether the built-in router can do what an [OUTPUT] asks; kUnsupported names the plugin or the
// option, and what to do.
Status check_output(const RouterSection& output);

// The same for a whole definition, before its task starts: no file of its own, type fluentbit,
// outputs that are known.
Status check_builtin_router(const taskdef::TaskDefinition& definition);

// Whether this is one of the public images of log routers, which the built-in one may stand in for.
bool is_public_router_image(std::string_view reference);

// The image that is the built-in router.
inline constexpr std::string_view kBuiltinRouterImage = "drydock.internal/log-router:builtin";

}  // namespace drydock::logrouter
