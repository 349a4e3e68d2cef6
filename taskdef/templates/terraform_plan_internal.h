#pragma once
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "taskdef/templates/templates.h"

// A plan of Terraform (its JSON output format, 1.x): values that are known, and what those that are
// not refer to.
namespace drydock::taskdef::templates {

struct PlanResource {
  std::string address;  // "module.worker.aws_ecs_task_definition.worker[0]"
  std::string type, name;
  std::string module;  // "module.worker"; empty: the root
  Json values;
};

class Plan {
 public:
  static Result<Plan> read(const Json& document, const Settings& settings);

  const std::vector<PlanResource>& resources() const { return resources_; }
  // The resource's values with what is known only after an apply filled in, as far as what it
  // refers to is in the plan. `members`: only these count; empty: all.
  Result<Json> known_values(const PlanResource& resource,
                            const std::set<std::string>& members = {}) const;
  // The resource of `type` that `member` refers to, in the same module; null: none.
  const PlanResource* referred(const PlanResource& resource, const std::string& member,
                               const std::string& type) const;

 private:
  explicit Plan(const Settings& settings) : settings_(settings) {}
  Status read_module(const Json& module, int depth);
  void read_configuration(const Json& module, const std::string& path, int depth);
  // What `path` (member names without indexes) of the resource refers to; empty when the
  // configuration does not write it at all.
  std::set<std::string> references(const PlanResource& resource,
                                   const std::vector<std::string>& path) const;
  Status fill(const PlanResource& resource, const Json& unknown, Json& values,
              const std::vector<std::string>& path, const std::string& shown) const;
  Result<Json> stand_in(const PlanResource& resource, const std::vector<std::string>& path,
                        const std::string& shown) const;
  const PlanResource* at(const std::string& module, const std::string& reference) const;

  Settings settings_;
  std::vector<PlanResource> resources_;
  std::map<std::string, Json> unknown_;      // by address
  std::map<std::string, Json> expressions_;  // by address without indexes
};

}  // namespace drydock::taskdef::templates
