#pragma once
#include <string>
#include <vector>

#include "cli/options.h"
#include "taskdef/compose/options.h"
#include "taskdef/templates/templates.h"

// Task definitions of whatever file a user has: ECS's own JSON (or the same as YAML), a Compose
// file, a CloudFormation template, the folder of a CDK cloud assembly, a plan of Terraform. Who
// includes this includes nlohmann/json.hpp before it.
namespace drydock::cli {

// What a Compose file and its ecs-params.yml say of a run, beside the task definition.
// NOLINTNEXTLINE(bugprone-exception-escape): moving a Json does not throw
struct RunWishes {
  std::vector<taskdef::compose::PublishedPort> publish;
  Json run = Json::object();  // members of RunTask and CreateService
};

struct FileContent : taskdef::templates::Content {
  RunWishes wishes;
};

// All that a file defines. Errors name the file.
Result<FileContent> read_definitions(const std::string& file, const FromFile& from);

// NOLINTNEXTLINE(bugprone-exception-escape): moving a Json does not throw
struct NamedDefinition {
  std::string label;  // for messages: the file, and the resource of one that has several
  std::string resource;
  Json request;
  RunWishes wishes = {};
};
// Those that are meant: --resource, else all of the file's. The first that cannot be resolved is
// the error. `notes` gets what was left out.
Result<std::vector<NamedDefinition>> chosen_definitions(const std::string& file,
                                                        const FromFile& from,
                                                        std::vector<std::string>& notes);
// The one that is meant; kInvalid names them when there are several.
Result<NamedDefinition> chosen_definition(const std::string& file, const FromFile& from,
                                          std::vector<std::string>& notes);

// What `up` calls what a file defines: its folder (of a cloud assembly, the folder that it is in).
std::string project_of(const std::string& file);

}  // namespace drydock::cli
