#include "control/events/rules/rules.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "control/events/rules/target.h"
#include "control/tasks.h"

// What clients ask of rules and their targets.
namespace drydock::control {
namespace {

constexpr const char* kKind = "event-rule";
constexpr std::size_t kMostTargets = 5;  // of a rule, as on AWS

auto invalid(const std::string& message) { return refuse("ValidationException", message); }

// "default", or its ARN.
Answer<bool> check_bus(const Json& request) {
  const std::string bus = json_string(request, "EventBusName", "default");
  if (bus == "default" || bus.ends_with(":event-bus/default")) return true;
  return refuse("ResourceNotFoundException", "Event bus " + bus + " does not exist.");
}

bool valid_name(const std::string& name) {
  return !name.empty() && name.size() <= 64 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_';
         });
}

// EventBridge writes [{"Key", "Value"}].
Json small_tags(const Json* tags) {
  Json out = Json::array();
  if (tags)
    for (const Json& tag : *tags)
      out.push_back({{"key", json_string(tag, "Key")}, {"value", json_string(tag, "Value")}});
  return out;
}

template <class T>
Answer<T> as_validation(Answer<T> answer) {
  if (!answer) answer.error().code = "ValidationException";
  return answer;
}

Answer<Json> paged(const char* member, const std::vector<std::string>& names, const Json& request,
                   const std::function<Json(const std::string&)>& show) {
  PageRequest page;
  if (json_find(request, "Limit")) page.max_results = json_int(request, "Limit");
  page.next_token = json_string(request, "NextToken");
  DRYDOCK_LET(const Page found, as_validation(page_of(names, page)));
  Json out = {{member, Json::array()}};
  for (const std::string& name : found.items) out[member].push_back(show(name));
  if (!found.next_token.empty()) out["NextToken"] = found.next_token;
  return out;
}

const Json* by_id(const Json& targets, const std::string& id) {
  const auto at = std::find_if(targets.begin(), targets.end(),
                               [&](const Json& t) { return json_string(t, "Id") == id; });
  return at == targets.end() ? nullptr : &*at;
}

}  // namespace

Rules::Rules(Loop& loop, Store& store, events::EventLog& log, Tasks& tasks)
    : loop_(loop), store_(store), log_(log), tasks_(tasks) {
  watch_ = log_.watch([this] {
    if (posted_) return;
    posted_ = true;
    loop_.post([this] { look(); });
  });
}
Rules::~Rules() { log_.unwatch(watch_); }

Status Rules::restore() {
  DRYDOCK_LET(const auto texts, store_.load_all(kKind));
  for (const auto& [arn, text] : texts) {
    auto rule = events::rule_of(text);
    if (!rule) return tl::unexpected(std::move(rule.error()).in("stored rule " + arn));
    rule->since = std::min(rule->since, now());  // the clock had been moved
    rules_[arn] = std::move(*rule);
  }
  met_ = log_.last_of_earlier();
  DRYDOCK_LET(const auto places, store_.load_all("event-follower"));
  for (const auto& [key, text] : places) {
    std::uint64_t place = 0;
    std::from_chars(text.data(), text.data() + text.size(), place);
    if (key == "rules" && any_pattern()) met_ = std::min(met_, place);
  }
  fired_ = clock();  // what came due while no daemon ran is past
  plan();
  if (met_ < log_.last()) loop_.post([this] { look(); });
  return {};
}

void Rules::forget_all() {
  rules_.clear();
  last_.clear();
  timer_.cancel();
  offset_ = Duration{0};
  fired_ = clock();
  met_ = log_.last();
}

Answer<const events::Rule*> Rules::find(const Caller& caller, const Json& request,
                                        const char* member) const {
  DRYDOCK_TRY(check_bus(request));
  const std::string name = json_string(request, member);
  const auto at = rules_.find(events::rule_arn(caller, name));
  if (at != rules_.end()) return &at->second;
  return refuse("ResourceNotFoundException",
                "Rule " + name + " does not exist on EventBus default.");
}

void Rules::keep(Rule rule) {
  store_.put(kKind, rule.arn, events::stored(rule));
  const std::string arn = rule.arn;
  rules_[arn] = std::move(rule);
  plan();
}

Answer<Json> Rules::put(const Caller& caller, const Json& request) {
  DRYDOCK_TRY(check_bus(request));
  Rule rule;
  rule.name = json_string(request, "Name");
  if (!valid_name(rule.name))
    return invalid(
        "Parameter Name is not valid. Reason: it must have 1 to 64 letters, digits and "
        "the characters . - _");
  rule.arn = events::rule_arn(caller, rule.name);
  rule.region = caller.region;
  rule.account = caller.account;
  rule.pattern = json_string(request, "EventPattern");
  rule.schedule = json_string(request, "ScheduleExpression");
  if (rule.pattern.empty() && rule.schedule.empty())
    return invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.");
  rule.state = json_string(request, "State", "ENABLED");
  if (rule.state != "ENABLED" && rule.state != "DISABLED" &&
      rule.state != "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
    return invalid("Value '" + rule.state +
                   "' at 'state' failed to satisfy constraint: Member must satisfy enum value set: "
                   "[DISABLED, ENABLED, ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS]");
  rule.description = json_string(request, "Description");
  rule.role = json_string(request, "RoleArn");
  DRYDOCK_TRY(events::read_texts(rule));
  rule.since = clock();
  rule.targets = std::make_shared<const Json>(Json::array());
  if (const auto present = rules_.find(rule.arn); present != rules_.end()) {
    rule.targets = present->second.targets;
    rule.tags = present->second.tags;  // those of the request are ignored then
    if (present->second.schedule == rule.schedule && present->second.enabled())
      rule.since = present->second.since;
  } else {
    const Json tags = small_tags(json_find(request, "Tags"));
    DRYDOCK_LET(rule.tags, as_validation(tags_of(&tags)));
  }
  catch_up();
  const std::string arn = rule.arn;
  keep(std::move(rule));
  return Json{{"RuleArn", arn}};
}

Answer<Json> Rules::describe(const Caller& caller, const Json& request) const {
  DRYDOCK_LET(const Rule* const rule, find(caller, request, "Name"));
  Json out = events::rule_json(*rule);
  out["CreatedBy"] = rule->account;
  return out;
}

Answer<Json> Rules::list(const Caller& caller, const Json& request) const {
  DRYDOCK_TRY(check_bus(request));
  const std::string prefix = events::rule_arn(caller, json_string(request, "NamePrefix"));
  std::vector<std::string> arns;
  for (const auto& [arn, rule] : rules_)
    if (arn.starts_with(prefix)) arns.push_back(arn);
  return paged("Rules", arns, request,
               [&](const std::string& arn) { return events::rule_json(rules_.at(arn)); });
}

Answer<Json> Rules::set_state(const Caller& caller, const Json& request, const std::string& state) {
  DRYDOCK_LET(const Rule* const found, find(caller, request, "Name"));
  Rule rule = *found;
  if (state == "ENABLED" && !rule.enabled()) rule.since = clock();
  catch_up();
  rule.state = state;
  keep(std::move(rule));
  return Json::object();
}

Answer<Json> Rules::remove(const Caller& caller, const Json& request) {
  const auto found = find(caller, request, "Name");
  if (!found) {  // one that is not there is deleted
    DRYDOCK_TRY(check_bus(request));
    return Json::object();
  }
  if (!(*found)->targets->empty()) return invalid("Rule can't be deleted since it has targets.");
  const std::string arn = (*found)->arn;
  catch_up();
  rules_.erase(arn);
  last_.erase(arn);
  store_.remove(kKind, arn);
  plan();
  return Json::object();
}

Answer<Json> Rules::put_targets(const Caller& caller, const Json& request) {
  DRYDOCK_LET(const Rule* const found, find(caller, request, "Rule"));
  Rule rule = *found;
  Json targets = *rule.targets;
  for (const Json& target : request["Targets"]) {
    DRYDOCK_TRY(events::check_target(target));
    const std::string id = json_string(target, "Id");
    const auto at = std::find_if(targets.begin(), targets.end(),
                                 [&](const Json& t) { return json_string(t, "Id") == id; });
    if (at == targets.end())
      targets.push_back(target);
    else
      *at = target;
  }
  if (targets.size() > kMostTargets)
    return refuse("LimitExceededException",
                  "The requested resource exceeds the maximum number allowed.");
  catch_up();
  rule.targets = std::make_shared<const Json>(std::move(targets));
  keep(std::move(rule));
  return Json{{"FailedEntryCount", 0}, {"FailedEntries", Json::array()}};
}

Answer<Json> Rules::list_targets(const Caller& caller, const Json& request) const {
  DRYDOCK_LET(const Rule* const rule, find(caller, request, "Rule"));
  std::vector<std::string> ids;
  for (const Json& target : *rule->targets) ids.push_back(json_string(target, "Id"));
  return paged("Targets", ids, request,
               [&](const std::string& id) { return *by_id(*rule->targets, id); });
}

Answer<Json> Rules::names_by_target(const Caller& caller, const Json& request) const {
  DRYDOCK_TRY(check_bus(request));
  const std::string wanted = json_string(request, "TargetArn");
  std::vector<std::string> names;
  for (const auto& [arn, rule] : rules_)
    if (rule.region == caller.region && rule.account == caller.account &&
        std::any_of(rule.targets->begin(), rule.targets->end(),
                    [&](const Json& t) { return json_string(t, "Arn") == wanted; }))
      names.push_back(rule.name);
  return paged("RuleNames", names, request, [](const std::string& name) { return Json(name); });
}

Answer<Json> Rules::remove_targets(const Caller& caller, const Json& request) {
  DRYDOCK_LET(const Rule* const found, find(caller, request, "Rule"));
  Rule rule = *found;
  Json left = Json::array();
  Json failed = Json::array();
  const auto ids = request["Ids"].get<std::vector<std::string>>();
  for (const Json& target : *rule.targets)
    if (std::find(ids.begin(), ids.end(), json_string(target, "Id")) == ids.end())
      left.push_back(target);
  for (const std::string& id : ids)
    if (!by_id(*rule.targets, id))
      failed.push_back({{"TargetId", id},
                        {"ErrorCode", "ResourceNotFoundException"},
                        {"ErrorMessage", "Rule " + rule.name + " has no target " + id + "."}});
  catch_up();
  rule.targets = std::make_shared<const Json>(std::move(left));
  keep(std::move(rule));
  return Json{{"FailedEntryCount", failed.size()}, {"FailedEntries", failed}};
}

Answer<Json> Rules::tags(const Json& request) const {
  const std::string arn = json_string(request, "ResourceARN");
  const auto at = rules_.find(arn);
  if (at == rules_.end())
    return refuse("ResourceNotFoundException", "There is no resource " + arn + ".");
  Json list = Json::array();
  for (const auto& [key, value] : at->second.tags) list.push_back({{"Key", key}, {"Value", value}});
  return Json{{"Tags", std::move(list)}};
}

Answer<Json> Rules::tag(const Json& request) {
  DRYDOCK_TRY(tags(request));
  Rule rule = rules_.at(json_string(request, "ResourceARN"));
  DRYDOCK_LET(rule.tags, as_validation(retagged(std::move(rule.tags),
                                                small_tags(json_find(request, "Tags")), {})));
  keep(std::move(rule));
  return Json::object();
}

Answer<Json> Rules::untag(const Json& request) {
  DRYDOCK_TRY(tags(request));
  Rule rule = rules_.at(json_string(request, "ResourceARN"));
  DRYDOCK_LET(rule.tags,
              as_validation(retagged(std::move(rule.tags), Json::array(),
                                     request["TagKeys"].get<std::vector<std::string>>())));
  keep(std::move(rule));
  return Json::object();
}

}  // namespace drydock::control
