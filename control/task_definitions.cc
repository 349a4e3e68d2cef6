#include "control/task_definitions.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/clock.h"
#include "base/ids.h"
#include "taskdef/normalise.h"
#include "taskdef/parse.h"
#include "taskdef/validate.h"

namespace drydock::control {
namespace {

constexpr std::string_view kUnknown = "Unable to describe task definition.";

std::string place(const std::string& region, const std::string& account) {
  return region + ":" + account;
}
std::string place(const Caller& caller) { return place(caller.region, caller.account); }

struct Reference {
  std::string family;
  std::string revision;  // as written; empty when not given
};

// "family", "family:3" or an ARN of the caller's own account and region.
std::optional<Reference> parse_reference(const Caller& caller, const std::string& text) {
  const auto name = local_name(caller, "task-definition", text);
  if (!name) return std::nullopt;
  const auto colon = name->find(':');
  if (colon == std::string::npos) return Reference{*name, ""};
  return Reference{name->substr(0, colon), name->substr(colon + 1)};
}

std::optional<int> number_of(const std::string& text) {
  int n = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (bad != std::errc() || end != text.data() + text.size() || n < 1) return std::nullopt;
  return n;
}

Json stored(const TaskDefinitions::Revision& r) {
  return {{"taskDefinition", *r.document}, {"tags", tags_json(r.tags)}};
}

bool has_include(const Json& request, std::string_view what) {
  const Json* include = json_find(request, "include");
  return include && std::find(include->begin(), include->end(), what) != include->end();
}

// What makes two definitions the same: everything but what registration adds.
std::string meaning(Json document) {
  for (const char* key : {"taskDefinitionArn", "revision", "status", "registeredAt", "registeredBy",
                          "deregisteredAt"})
    document.erase(key);
  return nlohmann::json::parse(dump_json(document)).dump();  // sorted members
}

Json failure(const std::string& arn, const char* reason) {
  return {{"arn", arn}, {"reason", reason}};
}

}  // namespace

TaskDefinitions::TaskDefinitions(Store& store) : store_(store) {}
TaskDefinitions::~TaskDefinitions() = default;

Status TaskDefinitions::restore() {
  DRYDOCK_LET(const auto numbers, store_.load_all("family"));
  for (const auto& [id, text] : numbers) {  // "region:account/family" -> last number
    const auto slash = id.find('/');
    families_[{id.substr(0, slash), id.substr(slash + 1)}].last = number_of(text).value_or(0);
  }
  DRYDOCK_LET(const auto texts, store_.load_all("taskdef"));
  for (const auto& [arn, text] : texts) {
    DRYDOCK_LET(const Json document, parse_json(text));
    const auto parsed = parse_ecs_arn(arn);
    const Json* definition = json_find(document, "taskDefinition");
    auto tags = tags_of(json_find(document, "tags"));
    if (!parsed || !definition || !tags)
      return fail(Errc::kInvalid, "task definition " + arn + ": the stored document is damaged");
    Revision r{arn,
               json_string(*definition, "family"),
               static_cast<int>(json_int(*definition, "revision")),
               json_string(*definition, "status"),
               std::make_shared<const Json>(*definition),
               std::move(*tags)};
    Family& family = families_[{place(parsed->region, parsed->account), r.family}];
    family.last = std::max(family.last, r.number);
    const int number = r.number;
    family.revisions[number] = std::make_shared<const Revision>(std::move(r));
  }
  return {};
}

void TaskDefinitions::forget_all() { families_.clear(); }

std::size_t TaskDefinitions::size() const {
  std::size_t n = 0;
  for (const auto& [key, family] : families_) n += family.revisions.size();
  return n;
}

void TaskDefinitions::keep(const FamilyKey& key, Revision revision) {
  store_.put("taskdef", revision.arn, dump_json(stored(revision)));
  const int number = revision.number;
  families_[key].revisions[number] = std::make_shared<const Revision>(std::move(revision));
}

Answer<TaskDefinitions::RevisionPtr> TaskDefinitions::keep_new(const Caller& caller,
                                                               const Json& request) {
  const auto problems = taskdef::validate(request);
  if (!problems.empty()) return refuse(problems.front().code, problems.front().message);
  DRYDOCK_LET(Tags tags, tags_of(json_find(request, "tags")));
  const Json document = taskdef::normalise(request);
  const std::string name = json_string(document, "family");
  const FamilyKey key{place(caller), name};
  Family& family = families_[key];
  const int number = ++family.last;
  store_.put("family", key.first + "/" + name, std::to_string(number));
  const std::string arn = ecs_arn(caller.region, caller.account,
                                  "task-definition/" + name + ":" + std::to_string(number));
  const std::string by = "arn:aws:iam::" + caller.account + ":root";
  const double time = epoch_seconds(now());
  keep(
      key,
      Revision{arn, name, number, "ACTIVE",
               std::make_shared<const Json>(taskdef::registered(document, {arn, number, time, by})),
               std::move(tags)});
  return families_[key].revisions[number];
}

Answer<Json> TaskDefinitions::register_definition(const Caller& caller, const Json& request) {
  DRYDOCK_LET(const RevisionPtr made, keep_new(caller, request));
  Json answer = {{"taskDefinition", *made->document}};
  if (!made->tags.empty()) answer["tags"] = tags_json(made->tags);
  return answer;
}

Answer<TaskDefinitions::Registered> TaskDefinitions::register_or_reuse(const Caller& caller,
                                                                       const Json& document) {
  const Json request = taskdef::to_request(document);
  const auto problems = taskdef::validate(request);
  if (!problems.empty()) {
    const auto& p = problems.front();
    return refuse(p.code, p.path.empty() ? p.message : p.message + " (at " + p.path + ")");
  }
  const RevisionPtr latest = find(caller, json_string(request, "family"));
  if (latest && latest->status == "ACTIVE" &&
      meaning(*latest->document) == meaning(taskdef::normalise(request)))
    return Registered{latest, false};
  DRYDOCK_LET(RevisionPtr made, keep_new(caller, request));
  return Registered{std::move(made), true};
}

TaskDefinitions::RevisionPtr TaskDefinitions::find(const Caller& caller,
                                                   const std::string& text) const {
  const auto reference = parse_reference(caller, text);
  if (!reference) return nullptr;
  const auto family = families_.find({place(caller), reference->family});
  if (family == families_.end()) return nullptr;
  const auto& revisions = family->second.revisions;
  if (reference->revision.empty()) {
    const auto it = std::find_if(revisions.rbegin(), revisions.rend(),
                                 [](const auto& r) { return r.second->status == "ACTIVE"; });
    return it == revisions.rend() ? nullptr : it->second;
  }
  const auto number = number_of(reference->revision);
  const auto it = number ? revisions.find(*number) : revisions.end();
  return it == revisions.end() ? nullptr : it->second;
}

Answer<Json> TaskDefinitions::describe(const Caller& caller, const Json& request) const {
  const RevisionPtr found = find(caller, json_string(request, "taskDefinition"));
  if (!found) return client_error(std::string(kUnknown));
  Json answer = {{"taskDefinition", *found->document}};
  if (has_include(request, "TAGS")) answer["tags"] = tags_json(found->tags);
  return answer;
}

Answer<Json> TaskDefinitions::deregister(const Caller& caller, const Json& request) {
  const std::string text = json_string(request, "taskDefinition");
  const auto reference = parse_reference(caller, text);
  if (!reference) return client_error(std::string(kUnknown));
  if (reference->revision.empty()) return client_error("Revision is missing.");
  if (!number_of(reference->revision))
    return invalid_parameter("Invalid revision number. Number: " + reference->revision);
  const RevisionPtr found = find(caller, text);
  if (!found) return client_error(std::string(kUnknown));
  if (found->status == "ACTIVE") {
    Json document = *found->document;
    document["status"] = "INACTIVE";
    document["deregisteredAt"] = epoch_seconds(now());
    Revision changed = *found;
    changed.status = "INACTIVE";
    changed.document = std::make_shared<const Json>(std::move(document));
    keep({place(caller), found->family}, std::move(changed));
  }
  return Json{{"taskDefinition", *find(caller, text)->document}};
}

// DELETE_IN_PROGRESS ends when nothing refers to the revision; here nothing has to wait, tasks hold
// their own copy, so the revision is shown once more in the answer and is gone.
Answer<Json> TaskDefinitions::remove(const Caller& caller, const Json& request) {
  const Json* names = json_find(request, "taskDefinitions");
  if (!names || names->empty())
    return invalid_parameter("size of TaskDefinition references list must be greater than 0");
  if (names->size() > 10)
    return invalid_parameter("Size of TaskDefinition references list cannot exceed 10");
  Json gone = Json::array();
  Json failures = Json::array();
  for (const auto& one : *names) {
    const auto text = one.get<std::string>();
    const auto reference = parse_reference(caller, text);
    const RevisionPtr found = find(caller, text);
    if (!reference || reference->revision.empty() || !number_of(reference->revision)) {
      failures.push_back(failure(text,
                                 "The specified task definition identifier is invalid. Specify a "
                                 "valid name or ARN and try again."));
    } else if (!found) {
      failures.push_back(failure(text,
                                 "The specified task definition does not exist. Specify a valid "
                                 "account, family, revision and try again."));
    } else if (found->status == "ACTIVE") {
      failures.push_back(failure(text,
                                 "The specified task definition is still in ACTIVE status. Please "
                                 "deregister the target and try again."));
    } else {
      Json document = *found->document;
      document["status"] = "DELETE_IN_PROGRESS";
      document["deleteRequestedAt"] = epoch_seconds(now());
      gone.push_back(std::move(document));
      store_.remove("taskdef", found->arn);
      families_[{place(caller), found->family}].revisions.erase(found->number);
    }
  }
  return Json{{"taskDefinitions", std::move(gone)}, {"failures", std::move(failures)}};
}

Answer<Page> TaskDefinitions::list(const Caller& caller, const Json& request,
                                   const PageRequest& page) const {
  const std::string wanted = json_string(request, "familyPrefix");
  const std::string status = json_string(request, "status", "ACTIVE");
  if (status != "ACTIVE" && status != "INACTIVE" && status != "DELETE_IN_PROGRESS")
    return invalid_parameter("status should be one of [ACTIVE,INACTIVE,DELETE_IN_PROGRESS]");
  const std::string sort = json_string(request, "sort", "ASC");
  if (sort != "ASC" && sort != "DESC") return invalid_parameter("sort should be one of [ASC,DESC]");
  std::vector<std::string> arns;
  for (const auto& [key, family] : families_) {
    if (key.first != place(caller) || (!wanted.empty() && key.second != wanted)) continue;
    for (const auto& [number, revision] : family.revisions)
      if (revision->status == status) arns.push_back(revision->arn);
  }
  if (sort == "DESC") std::reverse(arns.begin(), arns.end());
  return page_of(arns, page);
}

Answer<Page> TaskDefinitions::families(const Caller& caller, const Json& request,
                                       const PageRequest& page) const {
  const std::string prefix = json_string(request, "familyPrefix");
  const std::string status = json_string(request, "status", "ALL");
  if (status != "ACTIVE" && status != "INACTIVE" && status != "ALL")
    return invalid_parameter("status should be one of [ACTIVE,INACTIVE,ALL]");
  std::vector<std::string> names;
  for (const auto& [key, family] : families_) {
    if (key.first != place(caller) || key.second.compare(0, prefix.size(), prefix) != 0 ||
        family.revisions.empty())
      continue;
    const bool active = std::any_of(family.revisions.begin(), family.revisions.end(),
                                    [](const auto& r) { return r.second->status == "ACTIVE"; });
    if (status == "ALL" || active == (status == "ACTIVE")) names.push_back(key.second);
  }
  return page_of(names, page);
}

TaskDefinitions::RevisionPtr TaskDefinitions::by_arn(const std::string& arn) const {
  const auto parsed = parse_ecs_arn(arn);
  if (!parsed) return nullptr;
  return find({parsed->region, parsed->account, ""}, arn);
}

Answer<Json> TaskDefinitions::tags(const std::string& arn) const {
  const RevisionPtr found = by_arn(arn);
  if (!found) return client_error(std::string(kUnknown));
  return tags_json(found->tags);
}

Answer<bool> TaskDefinitions::tag(const std::string& arn, const Json& add,
                                  const std::vector<std::string>& remove) {
  const RevisionPtr found = by_arn(arn);
  if (!found) return client_error(std::string(kUnknown));
  Revision changed = *found;
  DRYDOCK_LET(changed.tags, retagged(std::move(changed.tags), add, remove));
  const auto parsed = parse_ecs_arn(arn);
  keep({place(parsed->region, parsed->account), found->family}, std::move(changed));
  return true;
}

}  // namespace drydock::control
