#include "runtime/bundle/environment.h"

#include <algorithm>
#include <map>

namespace drydock::runtime {
namespace {

using taskdef::KeyValue;

constexpr char kMetadataHost[] = "http://169.254.170.2";

bool is_region(const std::string& name) {
  return name == "AWS_REGION" || name == "AWS_DEFAULT_REGION";
}

// Variables in the order of their first mention.
class Environment {
 public:
  void set(const std::string& name, const std::string& value) {
    if (name.empty()) return;
    const auto [at, fresh] = index_.try_emplace(name, all_.size());
    if (fresh)
      all_.push_back({name, value});
    else
      all_[at->second].value = value;
  }
  bool has(const std::string& name) const { return index_.count(name) != 0; }
  std::vector<KeyValue> take() { return std::move(all_); }

 private:
  std::vector<KeyValue> all_;
  std::map<std::string, std::size_t> index_;
};

}  // namespace

std::vector<KeyValue> injected_environment(const TaskSpec& spec, const std::string& container_name,
                                           const std::vector<NetworkView>& networks) {
  const auto found = spec.container_ids.find(container_name);
  const std::string id = found == spec.container_ids.end() ? std::string() : found->second;
  const std::string host = kMetadataHost;
  std::vector<KeyValue> all = {{"ECS_CONTAINER_METADATA_URI", host + "/v3/" + id},
                               {"ECS_CONTAINER_METADATA_URI_V4", host + "/v4/" + id},
                               {"ECS_AGENT_URI", host + "/api/" + id},
                               {"AWS_EXECUTION_ENV", "AWS_ECS_" + spec.launch_type},
                               {"AWS_REGION", spec.region},
                               {"AWS_DEFAULT_REGION", spec.region}};
  if (!spec.credentials_id.empty())
    all.push_back(
        {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/" + spec.credentials_id});
  for (KeyValue& variable : firelens_environment(spec.definition, container_name, networks))
    all.push_back(std::move(variable));
  return all;
}

namespace {

// Where a container reaches the log router of its task; empty: it is told nothing.
std::string router_address(const taskdef::TaskDefinition& task,
                           const std::vector<NetworkView>& networks) {
  if (task.network_mode == "awsvpc") return "127.0.0.1";
  if (task.network_mode != "bridge") return {};
  for (const taskdef::ContainerDefinition& c : task.containers)
    if (c.firelens_configuration) return network_of(networks, c.name).address;
  return {};
}

}  // namespace

std::vector<KeyValue> firelens_environment(const taskdef::TaskDefinition& task,
                                           const std::string& container_name,
                                           const std::vector<NetworkView>& networks) {
  std::vector<KeyValue> all;
  for (const taskdef::ContainerDefinition& c : task.containers) {
    if (c.name != container_name) continue;
    const std::string router = router_address(task, networks);
    if (!router.empty() && c.log_configuration && c.log_configuration->driver == "awsfirelens")
      all = {{"FLUENT_HOST", router}, {"FLUENT_PORT", "24224"}};
    if (c.firelens_configuration && c.firelens_configuration->type == "fluentd")
      all.push_back({"FLUENT_UID", "0"});
  }
  return all;
}

std::vector<KeyValue> container_environment(const std::vector<std::string>& image_env,
                                            const TaskSpec& spec,
                                            const taskdef::ContainerDefinition& container,
                                            const std::vector<KeyValue>& secrets,
                                            const std::vector<KeyValue>& from_files,
                                            const std::vector<NetworkView>& networks) {
  Environment all;
  for (const auto& entry : image_env)
    if (const auto eq = entry.find('='); eq != entry.npos)
      all.set(entry.substr(0, eq), entry.substr(eq + 1));
  for (auto it = from_files.rbegin(); it != from_files.rend(); ++it) all.set(it->name, it->value);
  for (const auto& [name, value] : container.environment) all.set(name, value);
  for (const auto& [name, value] : secrets) all.set(name, value);
  const bool has_region = all.has("AWS_REGION") || all.has("AWS_DEFAULT_REGION");
  for (const auto& [name, value] : injected_environment(spec, container.name, networks))
    if (!has_region || !is_region(name)) all.set(name, value);
  return all.take();
}

std::vector<KeyValue> with_endpoint(std::vector<KeyValue> environment, const std::string& url) {
  constexpr char kName[] = "AWS_ENDPOINT_URL";
  const bool has = std::any_of(environment.begin(), environment.end(),
                               [&](const KeyValue& e) { return e.name == kName; });
  if (!has && !url.empty()) environment.push_back({kName, url});
  return environment;
}

}  // namespace drydock::runtime
