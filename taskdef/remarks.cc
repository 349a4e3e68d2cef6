#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <set>

#include "taskdef/fargate_sizes.h"
#include "taskdef/log_options.h"
#include "taskdef/node.h"
#include "taskdef/shapes.h"
#include "taskdef/validate.h"

// What ECS lets pass and a person should look at: each function looks at one subject.
namespace drydock::taskdef {
namespace {

using Notes = std::vector<Note>;

bool is_fargate(const Node& task) {
  const auto wanted = task["requiresCompatibilities"].texts();
  return std::ranges::find(wanted, "FARGATE") != wanted.end();
}

// What ECS finds only when it makes a log router's configuration.
void router_remarks(const Node& container, Notes& notes) {
  const Node options = container["firelensConfiguration"]["options"];
  const std::string type = options["config-file-type"].text();
  if (!type.empty() && type != "s3" && type != "file")
    notes.push_back({options["config-file-type"].path(),
                     "invalid value " + type +
                         " is specified for option config-file-type: the task will not start"});
  if (!type.empty() && options["config-file-value"].text().empty())
    notes.push_back(
        {options.path(), "config-file-type needs a config-file-value: the task will not start"});
  const std::string user = container["user"].text();
  if (container["firelensConfiguration"] && !user.empty() && (user[0] < '0' || user[0] > '9'))
    notes.push_back(
        {container["user"].path(), "a log router needs a numeric user: the task will not start"});
}

std::string router_type(const Node& task) {
  for (const Node& container : task["containerDefinitions"].items())
    if (const Node router = container["firelensConfiguration"]) return router["type"].text();
  return {};
}

// What a log driver finds only when its container starts.
void driver_remarks(const Node& container, Notes& notes) {
  const Node log = container["logConfiguration"];
  LogOptions options;
  for (const std::string& key : log["options"].keys()) options[key] = log["options"][key].text();
  // What a secret holds is not known; that the option is given is.
  for (const Node& secret : log["secretOptions"].items())
    options.try_emplace(secret["name"].text(),
                        secret["name"].text().ends_with("-url") ? "https://secret" : "secret");
  if (auto fits = check_log_options(log["logDriver"].text(), options); !fits)
    notes.push_back(
        {log["options"].path(), "failed to initialize logging driver: " + fits.error().message +
                                    ": the task will not start"});
}

void client_remarks(const Node& container, const std::string& router, Notes& notes) {
  const Node log = container["logConfiguration"];
  if (router.empty() || log["logDriver"].text() != "awsfirelens") return;
  const std::string plugin = router == "fluentd" ? "@type" : "Name";
  bool others = log["secretOptions"].filled();
  for (const std::string& key : log["options"].keys()) {
    if (key == plugin) return;
    others |=
        key != "include-pattern" && key != "exclude-pattern" && key != "log-driver-buffer-limit";
  }
  if (others)
    notes.push_back(
        {log["options"].path(), "missing output key " + plugin +
                                    " which is required for firelens configuration of type " +
                                    router + ": the task will not start"});
}

void image(const Node& container, Notes& notes) {
  const std::string name = container["image"].text();
  const std::string last = name.substr(name.rfind('/') + 1);
  if (!name.empty() && last.find_first_of(":@") == std::string::npos)
    notes.push_back({container["image"].path(),
                     "has no tag, so it means latest, which may be another image tomorrow"});
}

void words(const Node& container, Notes& notes) {
  const auto command = container["command"].texts();
  if (!container["entryPoint"].filled() && command.size() == 1 &&
      command[0].find(' ') != std::string::npos)
    notes.push_back({container["command"].path(),
                     "is one word with spaces in it: unless the image's ENTRYPOINT is a shell, no "
                     "program has that name"});
}

void health_check(const Node& container, Notes& notes) {
  const Node command = container["healthCheck"]["command"];
  const auto words = command.texts();
  if (words.empty() || words[0] == "NONE") return;
  if (words[0] != "CMD" && words[0] != "CMD-SHELL")
    notes.push_back(
        {command.path(),
         "starts with \"" + words[0] +
             "\"; ECS expects CMD or CMD-SHELL first, otherwise the check never passes"});
  if (words[0] == "CMD" && words.size() == 2 && words[1].find(' ') != std::string::npos)
    notes.push_back({command.path(),
                     "CMD takes a program and its arguments as strings of their own; a command "
                     "line needs CMD-SHELL"});
  if (words[0] == "CMD-SHELL" && words.size() != 2)
    notes.push_back({command.path(), "CMD-SHELL takes one string, the command line"});
}

bool looks_secret(std::string name) {
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
  constexpr std::string_view kEnds[] = {"PASSWORD", "SECRET",      "TOKEN",
                                        "API_KEY",  "PRIVATE_KEY", "ACCESS_KEY"};
  return std::ranges::any_of(kEnds, [&](std::string_view end) { return name.ends_with(end); });
}

void environment(const Node& container, Notes& notes) {
  std::set<std::string> names;
  for (const Node& variable : container["environment"].items()) {
    const std::string name = variable["name"].text();
    if (!name.empty() && !names.insert(name).second)
      notes.push_back({variable.path(), name + " is given twice; the last one counts"});
    if (looks_secret(name) && variable["value"].filled())
      notes.push_back({variable["value"].path(),
                       name + " stands in clear in the definition, for everybody who may read it; "
                              "secrets can hold it"});
  }
}

// The containers whose end or health another one waits for.
std::set<std::string> waited_for(const Node& task) {
  std::set<std::string> names;
  for (const Node& container : task["containerDefinitions"].items())
    for (const Node& dependency : container["dependsOn"].items())
      if (dependency["condition"].text() != "START")
        names.insert(dependency["containerName"].text());
  return names;
}

void start_timeout(const Node& container, const std::set<std::string>& waited, Notes& notes) {
  const Node timeout = container["startTimeout"];
  if (timeout.number() > 120) notes.push_back({timeout.path(), "Fargate allows 2 to 120 seconds"});
  if (timeout && !waited.contains(container["name"].text()))
    notes.push_back({timeout.path(),
                     "has no effect: no container waits for this one to be COMPLETE, SUCCESS or "
                     "HEALTHY"});
}

// What Fargate takes and does not, or not fully, act on.
void on_fargate(const Node& container, Notes& notes) {
  if (!container["logConfiguration"])
    notes.push_back({container.path(),
                     "has no logConfiguration: on Fargate what it writes is lost (here drydock "
                     "logs has it)"});
  for (const Node& limit : container["ulimits"].items())
    if (const std::string name = limit["name"].text(); name != "nofile")
      notes.push_back({limit.path(), "Fargate lets only nofile be set, as documented"});
  if (const Node tmpfs = container["linuxParameters"]["tmpfs"]; tmpfs.filled())
    notes.push_back({tmpfs.path(), "Fargate has none, as documented"});
}

// One essential container without a check keeps the task's health UNKNOWN.
void health_of_task(const Node& task, Notes& notes) {
  const auto containers = task["containerDefinitions"].items();
  auto counts = [](const Node& c) { return c["essential"].flag(true); };
  const bool any =
      std::ranges::any_of(containers, [&](const Node& c) { return counts(c) && c["healthCheck"]; });
  for (const Node& c : containers)
    if (any && counts(c) && !c["healthCheck"])
      notes.push_back({c.path(),
                       "is essential and has no healthCheck: the health of the task stays UNKNOWN "
                       "whatever the other checks say"});
}

void volumes(const Node& task, Notes& notes) {
  std::set<std::string> mounted;
  for (const Node& container : task["containerDefinitions"].items())
    for (const Node& mount : container["mountPoints"].items())
      mounted.insert(mount["sourceVolume"].text());
  for (const Node& volume : task["volumes"].items())
    if (!mounted.contains(volume["name"].text()))
      notes.push_back({volume.path(), "no container mounts it"});
}

void docker_drivers(const Node& task, Notes& notes) {
  for (const Node& volume : task["volumes"].items()) {
    const Node driver = volume["dockerVolumeConfiguration"]["driver"];
    if (driver && !driver.text().empty() && driver.text() != "local")
      notes.push_back({driver.path(), "Docker volume driver '" + driver.text() +
                                          "' is not there: the task will not start; use local"});
  }
}

void memory(const Node& task, Notes& notes) {
  const auto of_task = task["memory"].text();
  long long sum = 0;
  for (const Node& container : task["containerDefinitions"].items())
    sum += container["memory"].number();
  const auto limit = parse_memory(of_task);
  if (limit && sum > *limit)
    notes.push_back({task["memory"].path(),
                     "the containers' hard limits add up to " + std::to_string(sum) +
                         " MiB, more than the task has: it can run out of memory before any of "
                         "them"});
}

// Without requiresCompatibilities registration does not look.
void launch_types(const Json& request, Notes& notes) {
  const Node task(request);
  if (task["requiresCompatibilities"].filled() || task["networkMode"].text() != "awsvpc") return;
  const auto refused = validate(request, {.fargate = true});
  if (!refused.empty() && validate(request).empty())
    notes.push_back({"requiresCompatibilities",
                     "is absent, so nothing is checked for Fargate, where it would be refused: " +
                         refused.front().message});
}

}  // namespace

std::vector<Note> remarks(const Json& request) {
  Notes notes = unknown_members(request, request_shape());
  const Node task(request);
  const std::string router = router_type(task);
  const std::set<std::string> waited = waited_for(task);
  launch_types(request, notes);
  memory(task, notes);
  health_of_task(task, notes);
  volumes(task, notes);
  docker_drivers(task, notes);
  for (const Node& container : task["containerDefinitions"].items()) {
    image(container, notes);
    words(container, notes);
    environment(container, notes);
    health_check(container, notes);
    start_timeout(container, waited, notes);
    router_remarks(container, notes);
    client_remarks(container, router, notes);
    driver_remarks(container, notes);
    if (is_fargate(task)) on_fargate(container, notes);
  }
  return notes;
}

}  // namespace drydock::taskdef
