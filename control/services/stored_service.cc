// The stored forms of services and their revisions (service.h).
#include <chrono>
#include <nlohmann/json.hpp>

#include "control/services/service.h"

namespace drydock::control::services {
namespace {

// One table a structure, for both directions: a member and its name in the stored form.
template <class T, class M>
struct Field {
  const char* name;
  M T::*member;
};

constexpr Field<Service, std::string> kTexts[] = {
    {"arn", &Service::arn},
    {"name", &Service::name},
    {"clusterName", &Service::cluster_name},
    {"clusterArn", &Service::cluster_arn},
    {"region", &Service::region},
    {"account", &Service::account},
    {"status", &Service::status},
    {"createdBy", &Service::created_by},
    {"token", &Service::token},
    {"fingerprint", &Service::fingerprint},
    {"completed", &Service::completed},
    {"completedDeployment", &Service::completed_deployment},
    {"trouble", &Service::trouble}};
constexpr Field<Service, std::optional<Time>> kTimes[] = {{"steadyAt", &Service::steady_at},
                                                          {"troubleAt", &Service::trouble_at},
                                                          {"inactiveAt", &Service::inactive_at}};

constexpr Field<Deployment, int> kDeploymentNumbers[] = {
    {"failedTasks", &Deployment::failed_tasks},
    {"failedRounds", &Deployment::failed_rounds},
    {"shortRounds", &Deployment::short_rounds}};
constexpr Field<Deployment, bool> kDeploymentFlags[] = {{"rollback", &Deployment::rollback},
                                                        {"succeeded", &Deployment::succeeded}};
constexpr Field<Deployment, std::string> kDeploymentTexts[] = {
    {"id", &Deployment::id}, {"revision", &Deployment::revision}, {"reason", &Deployment::reason}};

constexpr Field<ServiceDeployment, std::string> kHistoryTexts[] = {
    {"id", &ServiceDeployment::id},
    {"deployment", &ServiceDeployment::deployment},
    {"target", &ServiceDeployment::target},
    {"status", &ServiceDeployment::status},
    {"reason", &ServiceDeployment::reason},
    {"rollbackReason", &ServiceDeployment::rollback_reason},
    {"rollbackRevision", &ServiceDeployment::rollback_revision}};
constexpr Field<ServiceDeployment, std::optional<Time>> kHistoryTimes[] = {
    {"finishedAt", &ServiceDeployment::finished_at},
    {"stoppedAt", &ServiceDeployment::stopped_at},
    {"rollbackAt", &ServiceDeployment::rollback_at}};

Json time_json(Time t) { return t.time_since_epoch().count(); }
Time time_of(const Json& object, const char* key) { return Time(Duration(json_int(object, key))); }

template <class Fields, class T>
void put(Json& out, const Fields& fields, const T& from) {
  for (const auto& field : fields) out[field.name] = from.*field.member;
}
template <class Fields, class T>
void put_times(Json& out, const Fields& fields, const T& from) {
  for (const auto& field : fields)
    if (const auto& t = from.*field.member) out[field.name] = time_json(*t);
}
template <class Fields, class T>
void get_texts(const Json& from, const Fields& fields, T& to) {
  for (const auto& field : fields) to.*field.member = json_string(from, field.name);
}
template <class Fields, class T>
void get_times(const Json& from, const Fields& fields, T& to) {
  for (const auto& field : fields)
    if (json_find(from, field.name)) to.*field.member = time_of(from, field.name);
}

constexpr Field<TaskSet, std::string> kSetTexts[] = {{"externalId", &TaskSet::external_id},
                                                     {"token", &TaskSet::token},
                                                     {"fingerprint", &TaskSet::fingerprint},
                                                     {"status", &TaskSet::status}};

int state_number(RolloutState state) { return static_cast<int>(state); }

Json deployment_json(const Deployment& d) {
  Json out = {{"createdAt", time_json(d.created_at)},
              {"updatedAt", time_json(d.updated_at)},
              {"state", state_number(d.state)}};
  put(out, kDeploymentTexts, d);
  put(out, kDeploymentNumbers, d);
  put(out, kDeploymentFlags, d);
  if (d.not_before) out["notBefore"] = time_json(*d.not_before);
  return out;
}

Deployment deployment_of(const Json& j) {
  Deployment d;
  get_texts(j, kDeploymentTexts, d);
  for (const auto& field : kDeploymentNumbers)
    d.*field.member = static_cast<int>(json_int(j, field.name));
  for (const auto& field : kDeploymentFlags) d.*field.member = json_bool(j, field.name);
  d.created_at = time_of(j, "createdAt");
  d.updated_at = time_of(j, "updatedAt");
  if (json_find(j, "notBefore")) d.not_before = time_of(j, "notBefore");
  const long long state = json_int(j, "state");
  if (state >= 0 && state <= state_number(RolloutState::kFailed))
    d.state = static_cast<RolloutState>(state);
  return d;
}

Json history_json(const ServiceDeployment& h) {
  Json out = {{"createdAt", time_json(h.created_at)},
              {"updatedAt", time_json(h.updated_at)},
              {"sources", h.sources},
              {"breakerEnabled", h.breaker_enabled},
              {"breakerTriggered", h.breaker_triggered},
              {"failures", h.failures},
              {"threshold", h.threshold}};
  put(out, kHistoryTexts, h);
  put_times(out, kHistoryTimes, h);
  return out;
}

ServiceDeployment history_of(const Json& j) {
  ServiceDeployment h;
  get_texts(j, kHistoryTexts, h);
  get_times(j, kHistoryTimes, h);
  for (const auto& source : j.value("sources", Json::array()))
    if (source.is_string()) h.sources.push_back(source.get<std::string>());
  h.created_at = time_of(j, "createdAt");
  h.updated_at = time_of(j, "updatedAt");
  h.breaker_enabled = json_bool(j, "breakerEnabled");
  h.breaker_triggered = json_bool(j, "breakerTriggered");
  h.failures = static_cast<int>(json_int(j, "failures"));
  h.threshold = static_cast<int>(json_int(j, "threshold"));
  return h;
}

// Not tags_of(): managed tags (aws:...) may be among them.
Tags tags_from(const Json& object, const char* key) {
  Tags tags;
  if (const Json* found = json_find(object, key); found && found->is_object())
    for (const auto& [name, value] : found->items())
      if (value.is_string()) tags[name] = value.get<std::string>();
  return tags;
}

Json task_set_json(const TaskSet& set) {
  Json out = {{"deployment", deployment_json(set.deployment)},
              {"scale", set.scale},
              {"tags", set.tags},
              {"stabilityAt", time_json(set.stability_at)}};
  put(out, kSetTexts, set);
  if (set.steady_at) out["steadyAt"] = time_json(*set.steady_at);
  return out;
}

TaskSet task_set_of(const Json& j) {
  TaskSet set;
  get_texts(j, kSetTexts, set);
  set.deployment = deployment_of(j.value("deployment", Json::object()));
  if (const Json* scale = json_find(j, "scale"); scale && scale->is_number())
    set.scale = scale->get<double>();
  set.tags = tags_from(j, "tags");
  set.stability_at = time_of(j, "stabilityAt");
  if (json_find(j, "steadyAt")) set.steady_at = time_of(j, "steadyAt");
  return set;
}

std::shared_ptr<const Json> json_member(const Json& object, const char* key) {
  const Json* found = json_find(object, key);
  return std::make_shared<const Json>(found ? *found : Json::object());
}

}  // namespace

void read_settings(Service& s) {
  static const Json kNone = Json::object();
  const auto part = [](const Json& from, const char* key) -> const Json& {
    const Json* found = json_find(from, key);
    return found ? *found : kNone;
  };
  const Json& configuration = part(*s.settings, "deploymentConfiguration");
  const Json& breaker = part(configuration, "deploymentCircuitBreaker");
  s.maximum_percent = static_cast<int>(json_int(configuration, "maximumPercent", 200));
  s.minimum_percent = static_cast<int>(json_int(configuration, "minimumHealthyPercent", 100));
  s.breaker = json_bool(breaker, "enable");
  s.breaker_rollback = json_bool(breaker, "rollback");
  s.external = json_string(part(*s.settings, "deploymentController"), "type") == "EXTERNAL";
  s.grace = std::chrono::seconds(json_int(*s.settings, "healthCheckGracePeriodSeconds"));
}

std::string stored(const Service& s) {
  Json out = {{"createdAt", time_json(s.created_at)},
              {"desired", s.desired},
              {"tags", s.tags},
              {"settings", *s.settings}};
  put(out, kTexts, s);
  put_times(out, kTimes, s);
  out["tasks"] = Json::object();
  for (const auto& [id, mark] : s.tasks) out["tasks"][id] = static_cast<int>(mark);
  for (const char* list : {"deployments", "taskSets", "history", "events"})
    out[list] = Json::array();
  for (const auto& d : s.deployments) out["deployments"].push_back(deployment_json(d));
  for (const auto& set : s.task_sets) out["taskSets"].push_back(task_set_json(set));
  for (const auto& h : s.history) out["history"].push_back(history_json(h));
  for (const auto& e : s.events)
    out["events"].push_back({{"id", e.id}, {"at", time_json(e.at)}, {"message", e.message}});
  return dump_json(out);
}

Result<Service> service_of(const std::string& text) {
  DRYDOCK_LET(const Json json, parse_json(text));
  Service s;
  get_texts(json, kTexts, s);
  get_times(json, kTimes, s);
  if (s.arn.empty() || s.name.empty())
    return fail(Errc::kInvalid, "the stored service has no arn or no name");
  s.created_at = time_of(json, "createdAt");
  s.desired = static_cast<int>(json_int(json, "desired"));
  s.tags = tags_from(json, "tags");
  s.settings = json_member(json, "settings");
  if (const Json* tasks = json_find(json, "tasks"); tasks && tasks->is_object())
    for (const auto& [id, mark] : tasks->items())
      s.tasks[id] = mark == 2 ? Mark::kEnded : mark == 1 ? Mark::kRan : Mark::kNew;
  for (const auto& d : json.value("deployments", Json::array()))
    s.deployments.push_back(deployment_of(d));
  for (const auto& set : json.value("taskSets", Json::array()))
    s.task_sets.push_back(task_set_of(set));
  for (const auto& h : json.value("history", Json::array())) s.history.push_back(history_of(h));
  for (const auto& e : json.value("events", Json::array()))
    s.events.push_back({json_string(e, "id"), time_of(e, "at"), json_string(e, "message")});
  read_settings(s);
  return s;
}

std::string stored(const Revision& r) {
  return dump_json({{"number", r.number},
                    {"serviceArn", r.service_arn},
                    {"createdAt", time_json(r.created_at)},
                    {"definitionArn", r.definition_arn},
                    {"family", r.family},
                    {"definitionNumber", r.definition_number},
                    {"definition", *r.definition},
                    {"definitionTags", r.definition_tags},
                    {"settings", *r.settings}});
}

Result<Revision> revision_of(const std::string& text) {
  DRYDOCK_LET(const Json json, parse_json(text));
  Revision r;
  r.number = json_string(json, "number");
  r.service_arn = json_string(json, "serviceArn");
  r.created_at = time_of(json, "createdAt");
  r.definition_arn = json_string(json, "definitionArn");
  r.family = json_string(json, "family");
  r.definition_number = static_cast<int>(json_int(json, "definitionNumber"));
  r.definition = json_member(json, "definition");
  r.definition_tags = tags_from(json, "definitionTags");
  r.settings = json_member(json, "settings");
  if (r.number.empty() || r.service_arn.empty())
    return fail(Errc::kInvalid, "the stored service revision has no number or no service");
  return r;
}

}  // namespace drydock::control::services
