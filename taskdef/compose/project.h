#pragma once
#include <string>
#include <vector>

#include "base/json.h"
#include "taskdef/compose/place.h"

namespace drydock::taskdef::compose {

// All files laid over each other.
struct Project {
  std::string name;                   // what the files call it; mostly empty
  std::vector<std::string> services;  // in the order of the files
  std::vector<Json> values;           // of each, as read_service gives it
  std::vector<std::string> volumes;   // those that are declared
  bool declares_volumes = false;      // false for version 1, which has no place for that
};

// Reads the files of versions 1, 2.x and 3.x, and those without a version that have `services`.
Result<Project> read_project(const std::vector<SourceFile>& files, const Options& options,
                             std::vector<Note>& notes);

// Variables in every text below `node` (keys are left as they are); names without a value are noted
// once a file.
Status expand_variables(const Context& context, Yaml& node);

// The file as YAML; errors name it.
Result<Yaml> read_source(const SourceFile& file);

}  // namespace drydock::taskdef::compose
