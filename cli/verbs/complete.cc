#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/services.h"
#include "cli/tasks.h"

// What the shells' completions ask: one word a line. Whatever goes wrong, it says nothing.
namespace drydock::cli {
namespace {

using Words = std::set<std::string>;

const Json& list_of(const Json& object, const char* key) {
  static const Json kNone = Json::array();
  const Json* found = json_find(object, key);
  return found && found->is_array() ? *found : kNone;
}

// Of the answer to `path`, the list `list`: what `add` finds in each item.
Words of(const Client& client, const std::string& path, const char* list,
         const std::function<void(const Json&, Words&)>& add) {
  Words words;
  if (const auto answer = client.get(path))
    for (const Json& one : list_of(*answer, list)) add(one, words);
  return words;
}

std::string family_of(const Json& task) {
  const std::string name = task_definition(task);
  return name.substr(0, name.rfind(':'));
}

Words tasks(const Client& client) {
  return of(client, "tasks?all=1", "tasks", [](const Json& task, Words& words) {
    words.insert(short_task_id(task));
    words.insert(family_of(task));
  });
}

Words containers(const Client& client) {
  return of(client, "tasks", "tasks", [](const Json& task, Words& words) {
    if (const Json* local = json_find(task, "local"))
      for (const Json& c : list_of(*local, "containers")) words.insert(json_string(c, "name"));
  });
}

Words images(const Client& client) {
  return of(client, "images", "images", [](const Json& image, Words& words) {
    for (const Json& name : list_of(image, "names"))
      if (name.is_string()) words.insert(name.get<std::string>());
  });
}

Words volumes(const Client& client) {
  return of(client, "volumes", "volumes",
            [](const Json& volume, Words& words) { words.insert(json_string(volume, "name")); });
}

Words listed(const Client& client, const char* operation, const char* key,
             Json input = Json::object()) {
  Words words;
  input["maxResults"] = 100;
  if (const auto answer = client.api(operation, input))
    for (const Json& one : list_of(*answer, key))
      if (one.is_string()) {
        const auto text = one.get<std::string>();
        words.insert(text.substr(text.rfind('/') + 1));
      }
  return words;
}

Words families(const Client& client) {
  return listed(client, "ListTaskDefinitionFamilies", "families", {{"status", "ACTIVE"}});
}

Words definitions(const Client& client) {
  Words words = families(client);
  words.merge(listed(client, "ListTaskDefinitions", "taskDefinitionArns"));
  return words;
}

Words clusters(const Client& client) { return listed(client, "ListClusters", "clusterArns"); }

Words services(const Client& client) {
  Words words;
  if (const auto all = all_services(client, ""))
    for (const Json& one : *all) words.insert(service_name(one));
  return words;
}

}  // namespace

int execute(Session& session, const CompleteOptions& options) {
  static const std::map<std::string, Words (*)(const Client&)> kKinds = {
      {"tasks", tasks},       {"containers", containers}, {"images", images},
      {"volumes", volumes},   {"families", families},     {"definitions", definitions},
      {"clusters", clusters}, {"services", services}};
  const auto kind = kKinds.find(options.kind);
  if (kind == kKinds.end()) return kUsage;
  const auto client = session.connect(Missing::kLeave);
  if (!client) return 0;
  for (const auto& word : kind->second(*client))
    if (!word.empty()) session.out.line(word);
  return 0;
}

}  // namespace drydock::cli
