#include <nlohmann/json.hpp>

#include "taskdef/templates/terraform_plan_internal.h"

#include "base/limits.h"
#include "taskdef/templates/resources.h"

namespace drydock::taskdef::templates {
namespace {

// "module.a[0].aws_x.b[\"k\"]" -> "module.a.aws_x.b"
std::string without_indexes(const std::string& address) {
  std::string out;
  int open = 0;
  for (const char c : address) {
    if (c == '[') ++open;
    if (open == 0) out += c;
    if (c == ']' && open > 0) --open;
  }
  return out;
}

const Json& list(const Json& object, const char* key) {
  static const Json kNone = Json::array();
  const Json* found = json_find(object, key);
  return found && found->is_array() ? *found : kNone;
}

void collect(const Json& expression, const std::vector<std::string>& path, std::size_t at,
             std::set<std::string>& out) {
  if (expression.is_array()) {
    for (const Json& one : expression) collect(one, path, at, out);
    return;
  }
  if (at < path.size()) {
    if (const Json* next = json_find(expression, path[at])) collect(*next, path, at + 1, out);
    return;
  }
  for (const Json& reference : list(expression, "references"))
    if (reference.is_string()) out.insert(reference.get<std::string>());
}

std::string joined(const std::set<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

}  // namespace

Result<Plan> Plan::read(const Json& document, const Settings& settings) {
  Plan plan(settings);
  const Json* values = json_find(document, "planned_values");
  if (!values) values = json_find(document, "values");
  const Json* root = values ? json_find(*values, "root_module") : nullptr;
  if (!root)
    return fail(Errc::kInvalid, "it has no planned_values; make it with terraform show -json PLAN");
  DRYDOCK_TRY(plan.read_module(*root, 0));
  for (const Json& change : list(document, "resource_changes"))
    if (const Json* what = json_find(change, "change"))
      if (const Json* unknown = json_find(*what, "after_unknown"))
        plan.unknown_[json_string(change, "address")] = *unknown;
  if (const Json* configuration = json_find(document, "configuration"))
    if (const Json* module = json_find(*configuration, "root_module"))
      plan.read_configuration(*module, "", 0);
  return plan;
}

Status Plan::read_module(const Json& module, int depth) {
  if (depth > limits::kJsonDepth) return fail(Errc::kInvalid, "modules are nested too deep");
  for (const Json& one : list(module, "resources")) {
    if (json_string(one, "mode", "managed") != "managed") continue;
    const Json* values = json_find(one, "values");
    resources_.push_back({json_string(one, "address"), json_string(one, "type"),
                          json_string(one, "name"), json_string(module, "address"),
                          values && values->is_object() ? *values : Json::object()});
  }
  for (const Json& child : list(module, "child_modules"))
    DRYDOCK_TRY(read_module(child, depth + 1));
  return {};
}

void Plan::read_configuration(const Json& module, const std::string& path, int depth) {
  if (depth > limits::kJsonDepth) return;
  for (const Json& one : list(module, "resources"))
    if (const Json* expressions = json_find(one, "expressions"))
      expressions_[path + json_string(one, "address")] = *expressions;
  const Json* calls = json_find(module, "module_calls");
  if (!calls || !calls->is_object()) return;
  for (const auto& [name, call] : calls->items())
    if (const Json* inner = json_find(call, "module"))
      read_configuration(*inner, path + "module." + name + ".", depth + 1);
}

std::set<std::string> Plan::references(const PlanResource& resource,
                                       const std::vector<std::string>& path) const {
  std::set<std::string> out;
  const auto found = expressions_.find(without_indexes(resource.address));
  if (found != expressions_.end()) collect(found->second, path, 0, out);
  return out;
}

// The resource that "aws_iam_role.task.arn" means in `module`.
const PlanResource* Plan::at(const std::string& module, const std::string& reference) const {
  const std::string plain = without_indexes(reference);
  for (const PlanResource& one : resources_) {
    const std::string own = one.type + "." + one.name;
    if (one.module == module && (plain == own || plain.starts_with(own + "."))) return &one;
  }
  return nullptr;
}

const PlanResource* Plan::referred(const PlanResource& resource, const std::string& member,
                                   const std::string& type) const {
  for (const auto& reference : references(resource, {member}))
    if (const PlanResource* found = at(resource.module, reference); found && found->type == type)
      return found;
  return nullptr;
}

// What a reference to a resource of the plan stands for, where the plan decides its name.
Result<Json> Plan::stand_in(const PlanResource& resource, const std::vector<std::string>& path,
                            const std::string& shown) const {
  if (const auto given = settings_.parameters.find(shown); given != settings_.parameters.end())
    return Json(given->second);
  const auto named = references(resource, path);
  if (named.empty()) return Json();  // the provider's own default
  std::set<std::string> made;
  for (const auto& reference : named) {
    const PlanResource* to = at(resource.module, reference);
    if (!to || path.front() == "container_definitions") continue;
    const std::string name = json_string(to->values, "name", to->name);
    if (to->type == "aws_iam_role")
      made.insert("arn:aws:iam::" + settings_.account + ":role/" + name);
    else if (to->type == "aws_ecs_cluster")
      made.insert(name);
    else if (to->type == "aws_efs_file_system")
      made.insert("fs-" + made_up_id(to->address));
    else if (to->type == "aws_efs_access_point")
      made.insert("fsap-" + made_up_id(to->address));
    else if (to->type == "aws_subnet")
      made.insert("subnet-" + made_up_id(to->address));
    else if (to->type == "aws_security_group")
      made.insert("sg-" + made_up_id(to->address));
  }
  const bool is_list = path.back() == "subnets" || path.back() == "security_groups";
  if (is_list && !made.empty()) return Json(made);
  if (made.size() == 1) return Json(*made.begin());
  return fail(Errc::kInvalid, shown + ": known only after an apply, for it refers to " +
                                  joined(named) + "; give it with --parameter '" + shown +
                                  "=VALUE'");
}

Status Plan::fill(const PlanResource& resource, const Json& unknown, Json& values,
                  const std::vector<std::string>& path, const std::string& shown) const {
  if (path.size() > 16) return {};
  if (unknown.is_array()) {
    for (std::size_t i = 0; i < unknown.size() && values.is_array() && i < values.size(); ++i)
      DRYDOCK_TRY(
          fill(resource, unknown[i], values[i], path, shown + "[" + std::to_string(i) + "]"));
    return {};
  }
  if (unknown.is_boolean()) {
    if (!unknown.get<bool>() || path.empty()) return {};
    DRYDOCK_LET(values, stand_in(resource, path, shown));
    return {};
  }
  if (!unknown.is_object() || !values.is_object()) return {};
  for (const auto& [name, inner] : unknown.items()) {
    if (inner.is_boolean() && !inner.get<bool>()) continue;
    auto below = path;
    below.push_back(name);
    Json at = values.contains(name) ? values[name] : Json();
    DRYDOCK_TRY(fill(resource, inner, at, below, shown + "." + name));
    if (!at.is_null()) values[name] = std::move(at);
  }
  return {};
}

Result<Json> Plan::known_values(const PlanResource& resource,
                                const std::set<std::string>& members) const {
  Json values = resource.values;
  const auto found = unknown_.find(resource.address);
  if (found == unknown_.end()) return values;
  Json unknown = Json::object();
  for (const auto& [name, inner] : found->second.items())
    if ((members.empty() || members.contains(name)) && name != "task_definition")
      unknown[name] = inner;
  DRYDOCK_TRY(fill(resource, unknown, values, {}, resource.address));
  return values;
}

}  // namespace drydock::taskdef::templates
