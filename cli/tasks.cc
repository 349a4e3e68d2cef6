#include "cli/tasks.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/output.h"

namespace drydock::cli {
namespace {

const Json& local(const Json& task) {
  static const Json kNothing = Json::object();
  const Json* l = json_find(task, "local");
  return l && l->is_object() ? *l : kNothing;
}

const Json& member_list(const Json& object, std::string_view key) {
  static const Json kNothing = Json::array();
  const Json* l = json_find(object, key);
  return l && l->is_array() ? *l : kNothing;
}

// The private route's containers, in the order of the task definition.
const Json& containers(const Json& task) { return member_list(local(task), "containers"); }

std::string service_of(const Json& task) {
  const std::string group = json_string(task, "group");
  return group.starts_with("service:") ? group.substr(8) : std::string();
}

std::string last_part(const std::string& text, char separator) {
  return text.substr(text.rfind(separator) + 1);
}

Result<Json> ambiguous(const std::string& name, const std::vector<const Json*>& found) {
  std::string list;
  for (const Json* t : found)
    list +=
        "\n  " + task_id(*t) + "  " + task_definition(*t) + "  " + json_string(*t, "lastStatus");
  return fail(Errc::kInvalid, "\"" + name + "\" means " + std::to_string(found.size()) +
                                  " tasks; name one by its ID:" + list);
}

// Where a container is reached: in this machine's own network that is this machine.
std::string address_of(const Json& task, const std::string& container) {
  for (const auto& network : member_list(local(task), "networks"))
    for (const auto& name : member_list(network, "containers"))
      if (name.is_string() && name.get<std::string>() == container)
        return json_string(network, "mode") == "host" ? "127.0.0.1"
                                                      : json_string(network, "address");
  return {};
}

std::string endpoint(const std::string& address, long long port, const std::string& protocol) {
  const std::string text = address + ":" + std::to_string(port);
  return protocol == "tcp" ? "http://" + text : text + "/" + protocol;
}

// A container that did not get as far as running its command: which of the shell's codes that is.
int code_of_failed_start(const std::string& reason) {
  if (reason.find("permission denied") != std::string::npos ||
      reason.find("exec format error") != std::string::npos ||
      reason.find("is a directory") != std::string::npos)
    return 126;
  if (reason.find("not found") != std::string::npos ||
      reason.find("no such file") != std::string::npos)
    return 127;
  return 126;
}

}  // namespace

std::string task_id(const Json& task) {
  const std::string id = json_string(local(task), "id");
  return id.empty() ? last_part(json_string(task, "taskArn"), '/') : id;
}

std::string short_task_id(const Json& task) { return task_id(task).substr(0, kShortId); }

std::string task_definition(const Json& task) {
  return last_part(json_string(task, "taskDefinitionArn"), '/');
}

bool is_stopped(const Json& task) { return json_string(task, "lastStatus") == "STOPPED"; }

Result<Json> find_task(const Json& tasks, const std::string& name, Several several) {
  const std::string id = name.starts_with("arn:") ? last_part(name, '/') : name;
  std::vector<const Json*> named, running, by_prefix;
  for (const auto& task : tasks) {
    if (name.empty()) break;
    if (task_id(task) == id) return task;
    const std::string definition = task_definition(task);
    if (definition == name || definition.substr(0, definition.rfind(':')) == name ||
        service_of(task) == name) {
      named.push_back(&task);
      if (!is_stopped(task)) running.push_back(&task);
    }
    if (!id.empty() && task_id(task).starts_with(id)) by_prefix.push_back(&task);
  }
  if (running.size() == 1) return *running.front();
  if (running.size() > 1) return ambiguous(name, running);
  if (named.size() == 1 || (!named.empty() && several == Several::kNewestStopped))
    return *named.back();
  if (named.size() > 1) return ambiguous(name, named);
  if (by_prefix.size() == 1) return *by_prefix.front();
  if (by_prefix.size() > 1) return ambiguous(name, by_prefix);
  return fail(Errc::kNotFound,
              "no task is called \"" + name +
                  "\": it is no ID, family or service of one; see drydock ps --all");
}

bool addresses_are_known(const Json& task) {
  if (json_string(task, "desiredStatus") == "STOPPED") return true;
  return !member_list(local(task), "networks").empty() && !json_bool(local(task), "publishing");
}

std::vector<std::string> task_notes(const Json& task) {
  std::vector<std::string> notes;
  for (const auto& note : member_list(local(task), "notes"))
    if (note.is_string()) notes.push_back(note.get<std::string>());
  return notes;
}

std::vector<std::string> restart_lines(const Json& before, const Json& after) {
  std::map<std::string, long long> counted;
  for (const auto& c : containers(before))
    counted[json_string(c, "name")] = json_int(c, "restartCount");
  std::vector<std::string> lines;
  for (const auto& c : containers(after)) {
    const std::string name = json_string(c, "name");
    const long long count = json_int(c, "restartCount");
    if (count > counted[name])
      lines.push_back(name + " ended and was restarted" +
                      (count > 1 ? " (" + std::to_string(count) + " times now)" : ""));
  }
  return lines;
}

std::vector<std::string> address_lines(const Json& task) {
  std::vector<std::string> lines;
  for (const auto& c : containers(task)) {
    const std::string address = address_of(task, json_string(c, "name"));
    if (address.empty()) continue;
    // What the definition maps, and then what only -p asked for.
    std::vector<std::pair<long long, std::string>> ports;
    for (const char* list : {"mappedPorts", "ports"}) {
      for (const auto& p : member_list(c, list)) {
        const std::pair port(json_int(p, "containerPort"), json_string(p, "protocol", "tcp"));
        if (std::find(ports.begin(), ports.end(), port) == ports.end()) ports.push_back(port);
      }
    }
    for (const auto& [port, protocol] : ports) {
      std::string line = json_string(c, "name") + "  " + endpoint(address, port, protocol);
      for (const auto& p : member_list(c, "ports"))
        if (json_int(p, "containerPort") == port && json_string(p, "protocol", "tcp") == protocol)
          line += "  also " +
                  endpoint(json_string(p, "hostAddress"), json_int(p, "hostPort"), protocol);
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

int exit_code_of(const Json& task) {
  // Of the essential containers the one that ended first; times are RFC3339 with nine digits, so
  // text order is theirs.
  const Json* first = nullptr;
  std::string first_end;
  for (const auto& c : containers(task)) {
    if (!json_bool(c, "essential", true) || !json_find(c, "exitCode")) continue;
    const std::string end = json_string(c, "finishedAt", "~");
    if (!first || end < first_end) {
      first = &c;
      first_end = end;
    }
  }
  const bool failed_start = json_string(task, "stopCode") == "TaskFailedToStart";
  if (!first || failed_start) {
    for (const auto& c : containers(task)) {
      const std::string reason = json_string(c, "reason");
      if (!json_find(c, "exitCode") && reason.starts_with("CannotStartContainerError"))
        return code_of_failed_start(reason);
    }
  }
  if (first && !failed_start) return static_cast<int>(json_int(*first, "exitCode"));
  return 125;
}

std::vector<std::string> end_lines(const Json& task, bool killed) {
  std::vector<std::string> lines;
  for (const auto& c : containers(task)) {
    const std::string name = json_string(c, "name");
    std::string reason = json_string(c, "reason");
    if (!json_find(c, "exitCode")) {
      lines.push_back(name + " did not run" + (reason.empty() ? "" : " (" + reason + ")"));
      continue;
    }
    const long long code = json_int(c, "exitCode");
    if (reason.empty() && code == 137 && json_bool(c, "desiredStopped"))
      reason = killed ? "killed" : "killed: it did not end within its stop timeout";
    lines.push_back(name + " exited with " + std::to_string(code) +
                    (reason.empty() ? "" : " (" + reason + ")"));
  }
  return lines;
}

std::string task_end_line(const Json& task) {
  const std::string code = json_string(task, "stopCode"),
                    reason = json_string(task, "stoppedReason");
  if (code == "EssentialContainerExited" || code == "UserInitiated" || reason.empty()) return "";
  for (const auto& c : containers(task))  // a container's line has said it
    if (!json_string(c, "reason").empty() && reason == "Task failed to start") return "";
  return "task stopped: " + reason;
}

Json filtered_tasks(const Json& tasks, const PsFilter& filter) {
  Json out = Json::array();
  for (const auto& task : tasks) {
    if (!filter.all && is_stopped(task)) continue;
    if (!filter.cluster.empty() &&
        last_part(json_string(task, "clusterArn"), '/') != last_part(filter.cluster, '/'))
      continue;
    if (!filter.service.empty() && service_of(task) != filter.service) continue;
    const std::string definition = task_definition(task);
    if (!filter.family.empty() && definition.substr(0, definition.rfind(':')) != filter.family)
      continue;
    out.push_back(task);
  }
  return out;
}

std::vector<std::vector<std::string>> ps_rows(const Json& tasks, bool wide) {
  std::vector<std::vector<std::string>> rows = {
      {"TASK", "CONTAINER", "IMAGE", "STATUS", "HEALTH", "ADDRESS", "PORTS", "TASKDEFINITION"}};
  for (const auto& task : tasks) {
    for (const auto& c : member_list(task, "containers")) {
      const std::string name = json_string(c, "name");
      const std::string address = is_stopped(task) ? std::string() : address_of(task, name);
      std::string status = json_string(c, "lastStatus");
      if (json_find(c, "exitCode")) status += " (" + std::to_string(json_int(c, "exitCode")) + ")";
      const std::string health = json_string(c, "healthStatus", "UNKNOWN");
      std::string ports;
      bool checked = false;
      for (const auto& l : containers(task)) {
        if (json_string(l, "name") != name) continue;
        checked = json_find(l, "health") != nullptr;
        for (const auto& p : member_list(l, "ports"))
          ports += (ports.empty() ? "" : ",") + json_string(p, "hostAddress") + ":" +
                   std::to_string(json_int(p, "hostPort")) + "->" +
                   std::to_string(json_int(p, "containerPort")) + "/" +
                   json_string(p, "protocol", "tcp");
      }
      const std::string image = json_string(c, "image");
      rows.push_back(
          {wide ? task_id(task) : short_task_id(task), name, wide ? image : shortened(image, 32),
           status, checked || health != "UNKNOWN" ? health : "-", address.empty() ? "-" : address,
           ports.empty() || is_stopped(task) ? "-" : ports, task_definition(task)});
    }
  }
  return rows;
}

}  // namespace drydock::cli
