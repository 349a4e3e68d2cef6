// The streams of LogGroups (log_groups.h), and how tasks come to have them.
#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "control/awslogs.h"
#include "control/log_groups.h"

namespace drydock::control {
namespace {

constexpr const char* kStreamKind = "logstream";
constexpr const char* kStreamMark = ":log-stream:";

std::string stream_id(const std::string& arn, const std::string& name) {
  return arn + kStreamMark + name;
}

constexpr std::pair<const char*, std::string LogStream::*> kTexts[] = {
    {"name", &LogStream::name},
    {"taskId", &LogStream::task_id},
    {"container", &LogStream::container},
    {"datetimeFormat", &LogStream::datetime_format},
    {"multilinePattern", &LogStream::multiline_pattern},
    {"journal", &LogStream::journal}};

std::string text_of(const LogStream& stream) {
  Json json = {{"created", stream.created_ms}};
  for (const auto& [key, member] : kTexts)
    if (!(stream.*member).empty()) json[key] = stream.*member;
  return dump_json(json);
}

std::int64_t now_ms() {
  return std::chrono::floor<std::chrono::milliseconds>(now()).time_since_epoch().count();
}

auto no_stream() {
  return refuse("ResourceNotFoundException", "The specified log stream does not exist.");
}

}  // namespace

Status LogGroups::restore() {
  DRYDOCK_LET(const auto groups, store_.load_all("loggroup"));
  for (const auto& [arn, text] : groups) {
    DRYDOCK_LET(Json document, parse_json(text));
    groups_[arn].document = std::make_shared<const Json>(std::move(document));
  }
  DRYDOCK_LET(const auto streams, store_.load_all(kStreamKind));
  for (const auto& [id, text] : streams) {
    DRYDOCK_LET(const Json json, parse_json(text));
    LogStream stream;
    for (const auto& [key, member] : kTexts) stream.*member = json_string(json, key);
    stream.created_ms = json_int(json, "created");
    const auto group = groups_.find(id.substr(0, id.find(kStreamMark)));
    if (group == groups_.end()) continue;
    if (!stream.task_id.empty()) {
      ++tasks_[stream.task_id];
      started_.insert(stream.task_id + "/" + stream.container);
    }
    const std::string name = stream.name;
    group->second.streams[name] = std::make_shared<const LogStream>(std::move(stream));
  }
  return {};
}

void LogGroups::keep_stream(const std::string& arn, Group& group, LogStream stream) {
  store_.put(kStreamKind, stream_id(arn, stream.name), text_of(stream));
  const std::string name = stream.name;
  group.streams[name] = std::make_shared<const LogStream>(std::move(stream));
}

void LogGroups::drop_stream(const std::string& arn, Group& group, const std::string& name) {
  const auto it = group.streams.find(name);
  if (it == group.streams.end()) return;
  const LogStreamPtr stream = it->second;
  group.streams.erase(it);
  store_.remove(kStreamKind, stream_id(arn, name));
  if (const auto task = tasks_.find(stream->task_id); task != tasks_.end() && --task->second == 0)
    tasks_.erase(task);
  if (gone_) gone_(*stream);
}

Answer<Json> LogGroups::create_stream(const Caller& caller, const Json& in) {
  DRYDOCK_LET(const auto it, find(caller, json_string(in, "logGroupName")));
  LogStream stream;
  stream.name = json_string(in, "logStreamName");
  stream.created_ms = now_ms();
  if (it->second.streams.count(stream.name))
    return refuse("ResourceAlreadyExistsException", "The specified log stream already exists");
  keep_stream(it->first, it->second, std::move(stream));
  return Json::object();
}

Answer<Json> LogGroups::delete_stream(const Caller& caller, const Json& in) {
  DRYDOCK_LET(const auto it, find(caller, json_string(in, "logGroupName")));
  const std::string name = json_string(in, "logStreamName");
  if (!it->second.streams.count(name)) return no_stream();
  drop_stream(it->first, it->second, name);
  return Json::object();
}

Answer<LogGroups::Writable> LogGroups::writable(const Caller& caller, const std::string& group,
                                                const std::string& stream) {
  DRYDOCK_LET(const auto it, find(caller, group));
  const auto found = it->second.streams.find(stream);
  if (found == it->second.streams.end()) return no_stream();
  if (found->second->journal.empty()) {
    LogStream changed = *found->second;
    changed.journal = random_hex(16);
    keep_stream(it->first, it->second, std::move(changed));
  }
  return Writable{it->second.streams.at(stream),
                  static_cast<int>(json_int(*it->second.document, "retentionInDays"))};
}

void LogGroups::expire(const std::string& group_arn, const std::string& stream) {
  const auto it = groups_.find(group_arn);
  if (it != groups_.end()) drop_stream(group_arn, it->second, stream);
}

std::string LogGroups::refusal(const runtime::TaskSpec& spec, bool strict) const {
  for (const auto& container : spec.definition.containers) {
    if (const auto fine = check_awslogs(container); !fine)
      return "ResourceInitializationError: failed to validate logger args: " + fine.error().message;
    const auto logs = awslogs_of(spec, container);
    if (!logs || logs->create_group || (options_.create_groups && !strict)) continue;
    if (!find({logs->region, spec.account, {}}, logs->group))
      return "ResourceInitializationError: failed to initialize logging driver: failed to create "
             "Cloudwatch log stream: ResourceNotFoundException: The specified log group does not "
             "exist. (" +
             logs->group + " in " + logs->region +
             ": create it, or set awslogs-create-group to true)";
  }
  return {};
}

void LogGroups::changed(const runtime::TaskView& view) {
  const auto& containers = view.spec->definition.containers;
  for (std::size_t i = 0; i < view.containers.size() && i < containers.size(); ++i)
    if (containers[i].log_configuration && view.containers[i].started_at)
      start(*view.spec, containers[i]);
}

bool LogGroups::keeps(const std::string& task_id) {
  const std::string prefix = task_id + "/";
  for (auto it = started_.lower_bound(prefix); it != started_.end() && it->starts_with(prefix);)
    it = started_.erase(it);
  return tasks_.count(task_id) > 0;
}

std::set<std::string> LogGroups::tasks() const {
  std::set<std::string> ids;
  for (const auto& [id, streams] : tasks_) ids.insert(id);
  return ids;
}

void LogGroups::start(const runtime::TaskSpec& spec,
                      const taskdef::ContainerDefinition& container) {
  const auto logs = awslogs_of(spec, container);
  if (!logs || !started_.insert(spec.task_id + "/" + container.name).second) return;
  const Caller caller{logs->region, spec.account, {}};
  auto it = find(caller, logs->group);
  if (!it && (logs->create_group || options_.create_groups)) {
    (void)create_group(caller, {{"logGroupName", logs->group}});
    it = find(caller, logs->group);
  }
  if (!it) return;  // deleted since the task was accepted
  LogStream stream;
  if (const auto present = (*it)->second.streams.find(logs->stream);
      present != (*it)->second.streams.end())
    stream = *present->second;
  else
    stream.created_ms = now_ms();
  stream.name = logs->stream;
  stream.task_id = spec.task_id;
  stream.container = container.name;
  stream.datetime_format = logs->datetime_format;
  stream.multiline_pattern = logs->multiline_pattern;
  ++tasks_[spec.task_id];
  keep_stream((*it)->first, (*it)->second, std::move(stream));
}

std::set<std::string> LogGroups::journals() const {
  std::set<std::string> ids;
  for (const auto& [arn, group] : groups_)
    for (const auto& [name, stream] : group.streams)
      if (!stream->journal.empty()) ids.insert(stream->journal);
  return ids;
}

}  // namespace drydock::control
