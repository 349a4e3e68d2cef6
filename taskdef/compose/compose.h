#pragma once
#include <string>
#include <vector>

#include "base/json.h"
#include "taskdef/compose/options.h"
#include "taskdef/problem.h"

// Compose files and ecs-params.yml as a task definition, by the rules of the ECS command line.
// Pure: what else is read comes through the callbacks of Options. Who includes this includes
// nlohmann/json.hpp before it.
namespace drydock::taskdef::compose {

// NOLINTNEXTLINE(bugprone-exception-escape): moving a Json does not throw
struct Converted {
  Json request;             // RegisterTaskDefinition
  std::vector<Note> notes;  // what was left out or read another way; the path is that of the files
  std::vector<PublishedPort> publish;
  // Of run_params, as members of RunTask and CreateService: networkConfiguration,
  // placementStrategy, placementConstraints; {} when there are none.
  Json run = Json::object();
  std::string project;  // the family
};

// One task definition of all services of `files`, later ones over earlier ones as Compose merges
// them. kInvalid names the file, the line and what to write instead.
Result<Converted> convert_compose(const std::vector<SourceFile>& files, const Options& options);

}  // namespace drydock::taskdef::compose
