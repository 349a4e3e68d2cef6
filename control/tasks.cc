#include "control/tasks.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "base/logging.h"
#include "control/host_ports.h"
#include "logrouter/firelens/router_config.h"

namespace drydock::control {
namespace {

using runtime::TaskStatus;
using runtime::TaskView;

std::string cpu_architecture(const taskdef::TaskDefinition& d) {
  return d.cpu_architecture == "ARM64" ? "arm64" : "x86_64";
}

Json failure_json(const instances::Failure& failure) {
  Json out = {{"arn", failure.arn}, {"reason", failure.reason}};
  if (!failure.detail.empty()) out["detail"] = failure.detail;
  return out;
}

// The members of the API's task object that never change.
Json fixed_members(const RunPlan& plan, const runtime::TaskSpec& spec) {
  Json out = {{"taskArn", spec.task_arn},
              {"clusterArn", spec.cluster_arn},
              {"taskDefinitionArn", spec.task_definition_arn},
              {"group", spec.group},
              {"launchType", spec.launch_type},
              {"overrides", *plan.overrides},
              {"attributes", Json::array({{{"name", "ecs.cpu-architecture"},
                                           {"value", cpu_architecture(plan.definition)}}})},
              {"enableExecuteCommand", plan.enable_execute_command},
              {"inferenceAccelerators",
               plan.inference_accelerators ? *plan.inference_accelerators : Json::array()}};
  if (!plan.started_by.empty()) out["startedBy"] = plan.started_by;
  if (!spec.container_instance.empty()) out["containerInstanceArn"] = spec.container_instance;
  if (!plan.capacity_provider.empty()) out["capacityProviderName"] = plan.capacity_provider;
  if (plan.definition.cpu) out["cpu"] = std::to_string(plan.definition.cpu);
  if (plan.definition.memory_mib) out["memory"] = std::to_string(plan.definition.memory_mib);
  if (spec.launch_type == "FARGATE") {
    out["platformVersion"] = spec.platform_version;
    out["platformFamily"] = "Linux";
    const std::int64_t gib = (runtime::storage_mib(spec) + 1023) / 1024;
    out["ephemeralStorage"] = {{"sizeInGiB", gib}};
    out["fargateEphemeralStorage"] = {{"sizeInGiB", gib}};
  }
  return out;
}

}  // namespace

Tasks::Tasks(Loop& loop, Store& store, const Clusters& clusters, const TaskDefinitions& definitions,
             LogGroups& logs, TasksOptions options)
    : loop_(loop),
      store_(store),
      clusters_(clusters),
      definitions_(definitions),
      logs_(logs),
      options_(std::move(options)),
      tokens_(store, options_.keep_tokens) {}
Tasks::~Tasks() = default;

Result<std::vector<std::shared_ptr<const TaskView>>> Tasks::restore() {
  std::vector<ViewPtr> found;
  DRYDOCK_LET(const auto stored_views, store_.load_all("view"));
  const std::map<std::string, std::string> views(stored_views.begin(), stored_views.end());
  DRYDOCK_LET(const auto texts, store_.load_all("task"));
  for (const auto& [id, text] : texts) {
    auto record = record_of(text);
    if (!record) return fail(Errc::kInvalid, "stored task " + id + ": " + record.error().message);
    auto view = std::make_shared<TaskView>();  // asked for, and the daemon died before it began
    view->spec = record->spec;
    view->created_at = now();
    if (const auto it = views.find(id); it != views.end()) {
      DRYDOCK_LET(const Json json, parse_json(it->second));
      auto read = runtime::view_of_json(json, record->spec);
      if (!read) return fail(Errc::kInvalid, "stored task " + id + ": " + read.error().message);
      *view = std::move(*read);
    }
    records_[id] = std::move(*record);
    views_[id] = view;
    found.push_back(view);
    if (view->last_status != TaskStatus::kStopped) logs_.changed(*view);
    expire_later(id, *view);
  }
  DRYDOCK_TRY(tokens_.restore());
  return found;
}

void Tasks::attach(runtime::Engine& engine) { engine_ = &engine; }

void Tasks::changed(ViewPtr view) {
  const std::string id = view->spec->task_id;
  if (!records_.count(id)) return;
  const Store::Hold one_transaction(store_);  // the change, and the event that tells of it
  store_.put("view", id, dump_json(runtime::view_json(*view)));
  logs_.changed(*view);
  expire_later(id, *view);
  views_[id] = std::move(view);
  notify(id);
}

void Tasks::notify(const std::string& id) {
  for (const auto& fn : each_change_) fn(id);
  call_watchers(id);
}

void Tasks::tell_watchers() { call_watchers({}); }

void Tasks::call_watchers(const std::string& id) {
  std::vector<std::function<void()>> due;  // a watcher may unwatch itself or others
  for (const auto& [n, watch] : watches_)
    if (watch.task_id.empty() || watch.task_id == id) due.push_back(watch.fn);
  for (const auto& fn : due) fn();
}

int Tasks::watch(const std::string& id, std::function<void()> fn) {
  watches_[next_watch_] = {id, std::move(fn)};
  return next_watch_++;
}

void Tasks::unwatch(int watch_id) { watches_.erase(watch_id); }

void Tasks::expire_later(const std::string& id, const TaskView& view) {
  if (view.last_status != TaskStatus::kStopped || expiry_.count(id)) return;
  const Time stopped = view.stopped_at.value_or(now());
  const Duration left = std::max(Duration(0), stopped + options_.keep_stopped - now());
  expiry_[id] = loop_.after(left, [this, id] {
    if (auto done = forget(id); !done)
      log::debug("forget task " + id + ": " + done.error().message);
  });
}

Status Tasks::forget(const std::string& id) {
  const ViewPtr present = view(id);
  if (!present) return fail(Errc::kNotFound, "there is no task " + id);
  if (present->last_status != TaskStatus::kStopped)
    return fail(Errc::kBusy, "task " + id + " is " +
                                 std::string(runtime::api_name(present->last_status)) +
                                 ": stop it first");
  auto done = engine_->forget(id);
  if (!done && done.error().code != Errc::kNotFound) return done;
  store_.remove("task", id);
  store_.remove("view", id);
  records_.erase(id);
  views_.erase(id);
  expiry_.erase(id);
  notify(id);
  return {};
}

void Tasks::forget_all() {
  std::vector<std::string> ids;
  for (const auto& [id, record] : records_) ids.push_back(id);
  records_.clear();
  views_.clear();
  expiry_.clear();
  tokens_.forget_all();
  for (const auto& id : ids) notify(id);
}

std::shared_ptr<const TaskView> Tasks::view(const std::string& id) const {
  if (!records_.count(id)) return nullptr;
  if (engine_) {
    const auto world = engine_->world().get();
    if (const auto it = world->tasks.find(id); it != world->tasks.end()) return it->second;
  }
  const auto it = views_.find(id);
  return it == views_.end() ? nullptr : it->second;
}

TaskRecord Tasks::record_for(const Caller& caller, const RunPlan& plan,
                             const LocalRun& local) const {
  auto spec = std::make_shared<runtime::TaskSpec>();
  spec->task_id = new_task_id();
  const std::string place = plan.cluster.name + "/" + spec->task_id;
  spec->task_arn = ecs_arn(caller.region, caller.account, "task/" + place);
  spec->cluster_name = plan.cluster.name;
  spec->cluster_arn = plan.cluster.arn;
  spec->task_definition_arn = plan.revision->arn;
  spec->region = caller.region;
  spec->account = caller.account;
  spec->availability_zone = caller.region + "a";
  spec->group = plan.group;
  spec->service_name = plan.service_name;
  spec->container_instance = plan.container_instance;
  spec->launch_type = plan.launch_type;
  spec->platform_version = plan.platform_version;
  spec->definition = plan.definition;
  spec->tags = plan.tags;
  spec->images = plan.images;
  spec->firelens_local = plan.firelens_local;
  for (const auto& c : plan.definition.containers) {
    spec->container_ids[c.name] = new_runtime_id(spec->task_id);
    spec->container_arns[c.name] =
        ecs_arn(caller.region, caller.account, "container/" + place + "/" + random_uuid());
  }
  if (plan.definition.network_mode == "awsvpc") spec->attachment_id = random_uuid();
  spec->subnet_id = plan.subnet_id;
  spec->security_groups = plan.security_groups;
  if ((spec->block_volume = plan.block_volume)) {
    spec->block_volume->id = "vol-" + random_hex(9).substr(0, 17);
    spec->block_volume->attachment_id = random_uuid();
  }
  spec->storage_mib = local.storage_mib;
  spec->assign_public_ip = plan.assign_public_ip;
  spec->publish_automatically = local.publish_automatically;
  spec->publish = local.publish;
  spec->pull = local.pull;
  spec->objects = local.objects;
  spec->user = local.user;
  spec->secrets_file = local.secrets_file;
  const std::string& role = plan.definition.task_role_arn;
  const std::string mode = credentials_mode(options_.credentials, role, local.credentials);
  if (!role.empty() && mode != "none") {
    spec->credentials_id = random_uuid();
    spec->credentials = mode;
  }
  auto fixed = std::make_shared<const Json>(fixed_members(plan, *spec));
  return TaskRecord{std::move(spec), plan.revision->document, std::move(fixed), plan.tags};
}

std::vector<std::shared_ptr<const runtime::TaskSpec>> Tasks::live_specs() const {
  std::vector<std::shared_ptr<const runtime::TaskSpec>> specs;
  for (const auto& [id, record] : records_)
    if (const auto seen = view(id); seen && seen->last_status != runtime::TaskStatus::kStopped)
      specs.push_back(record.spec);
  return specs;
}

Answer<Json> Tasks::same_again(const ClientTokens::Use& use, const std::string& fingerprint) const {
  if (use.fingerprint != fingerprint)
    return tl::unexpected(
        ApiError{"ConflictException",
                 "The clientToken was used before for a RunTask request with other parameters.",
                 400, use.tasks});
  Json tasks = Json::array();
  for (const auto& arn : use.tasks)
    if (const TaskRecord* record = by_arn(arn))
      tasks.push_back(task_json(*record, *view(record->spec->task_id), true));
  return Json{{"tasks", std::move(tasks)}, {"failures", Json::array()}};
}

Answer<RunPlan> Tasks::plan(const Caller& caller, const Json& request,
                            const LocalRun& local) const {
  LocalRun wanted = local;
  if (wanted.firelens.empty()) wanted.firelens = options_.firelens;
  return plan_run(caller, request, wanted, clusters_, definitions_, options_.vpc);
}

Answer<Json> Tasks::run(const Caller& caller, const Json& request, const LocalRun& local) {
  const std::string token = json_string(request, "clientToken");
  const std::string fingerprint = ClientTokens::fingerprint(request);
  if (const auto* use = tokens_.find(caller, token)) return same_again(*use, fingerprint);
  DRYDOCK_LET(RunPlan plan, this->plan(caller, request, local));
  plan.firelens_local |= options_.firelens_local && logrouter::router_of(plan.definition);
  const Excess excess = excess_of(plan.definition, options_.machine);
  if (local.strict && !excess.reason.empty()) {
    Json failure = {{"reason", excess.reason}, {"detail", excess.text}};
    return Json{{"tasks", Json::array()}, {"failures", Json::array({std::move(failure)})}};
  }
  Json tasks = Json::array();
  Json failures = Json::array();
  if (const Json refused = not_placed(plan.definition, options_.privileged); !refused.is_null())
    return Json{{"tasks", tasks}, {"failures", Json(std::size_t(plan.count), refused)}};
  ClientTokens::Use use{fingerprint, {}, now()};
  for (int i = 0; i < plan.count; ++i) {
    if (placing_ && plan.launch_type == "EC2") {
      DRYDOCK_LET(const instances::Place place, placing_(caller, plan, local.container_instance));
      plan.container_instance = place.instance;
      for (const auto& one : place.failures) failures.push_back(failure_json(one));
      if (!place.failures.empty()) continue;
    }
    TaskRecord record = record_for(caller, plan, local);
    const auto spec = record.spec;
    if (Json failure = ports_taken(*spec, live_specs()); !failure.is_null()) {
      failures.push_back(std::move(failure));
      continue;
    }
    store_.put("task", spec->task_id, stored_record(record));
    const auto& kept = records_[spec->task_id] = std::move(record);
    engine_->run(spec);
    if (!excess.text.empty()) engine_->note(spec->task_id, excess.text);
    if (const std::string why = logs_.refusal(*spec, local.strict); !why.empty())
      engine_->stop(spec->task_id, {"TaskFailedToStart", why, true});
    if (const ViewPtr begun = view(spec->task_id)) tasks.push_back(task_json(kept, *begun, true));
    use.tasks.push_back(spec->task_arn);
  }
  tokens_.remember(caller, token, std::move(use));
  return Json{{"tasks", std::move(tasks)}, {"failures", std::move(failures)}};
}

const TaskRecord* Tasks::by_arn(const std::string& arn) const {
  const auto slash = arn.rfind('/');
  if (slash == std::string::npos) return nullptr;
  const auto it = records_.find(arn.substr(slash + 1));
  return it == records_.end() || it->second.spec->task_arn != arn ? nullptr : &it->second;
}

const TaskRecord* Tasks::find(const Caller& caller, const std::string& cluster_arn,
                              const std::string& id_or_arn) const {
  const auto id = local_name(caller, "task", id_or_arn);
  const auto it = id ? records_.find(*id) : records_.end();
  if (it == records_.end() || it->second.spec->cluster_arn != cluster_arn) return nullptr;
  // A long ARN names its cluster too.
  if (id_or_arn.compare(0, 4, "arn:") == 0 && id_or_arn != it->second.spec->task_arn)
    return nullptr;
  return &it->second;
}

const TaskRecord* Tasks::record(const std::string& id) const {
  const auto it = records_.find(id);
  return it == records_.end() ? nullptr : &it->second;
}

bool Tasks::stop_task(const std::string& id, const runtime::StopRequest& request) {
  if (!records_.count(id)) return false;
  engine_->stop(id, request);
  return true;
}

Answer<Json> Tasks::stop(const Caller& caller, const Json& request) {
  DRYDOCK_LET(const Clusters::Ref cluster, clusters_.find(caller, json_string(request, "cluster")));
  const TaskRecord* record = find(caller, cluster.arn, json_string(request, "task"));
  if (!record) return invalid_parameter("The referenced task was not found.");
  const std::string reason = json_string(request, "reason");
  if (reason.size() > 1024) return invalid_parameter("reason can have at most 1024 characters.");
  const runtime::StopRequest stop{"UserInitiated", reason.empty() ? "Task stopped by user" : reason,
                                  false};
  engine_->stop(record->spec->task_id, stop);
  TaskView shown = *view(record->spec->task_id);
  if (!shown.desired_stopped) {  // what the engine will say at the end of its turn
    shown.desired_stopped = true;
    shown.stop_code = stop.code;
    shown.stopped_reason = stop.reason;
    shown.stopping_at = now();
  }
  return Json{{"task", task_json(*record, shown, true)}};
}

Answer<Json> Tasks::tags(const std::string& arn) const {
  const TaskRecord* record = by_arn(arn);
  if (!record)
    return refuse("ResourceNotFoundException", "The specified task was not found: " + arn);
  return tags_json(record->tags);
}

Answer<bool> Tasks::tag(const std::string& arn, const Json& add,
                        const std::vector<std::string>& remove) {
  const TaskRecord* record = by_arn(arn);
  if (!record)
    return refuse("ResourceNotFoundException", "The specified task was not found: " + arn);
  TaskRecord changed = *record;
  DRYDOCK_LET(changed.tags, retagged(std::move(changed.tags), add, remove));
  store_.put("task", changed.spec->task_id, stored_record(changed));
  records_[changed.spec->task_id] = std::move(changed);
  return true;
}

}  // namespace drydock::control
