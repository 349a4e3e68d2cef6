#include "runtime/task_view.h"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>

namespace drydock::runtime {
namespace {

constexpr std::array<std::string_view, 6> kContainerNames = {
    "NONE", "MANIFEST_PULLED", "PULLED", "CREATED", "RUNNING", "STOPPED"};
constexpr std::array<std::string_view, 8> kTaskNames = {
    "PROVISIONING", "PENDING",  "ACTIVATING",     "RUNNING",
    "DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"};
constexpr std::array<std::string_view, 3> kHealthNames = {"UNKNOWN", "HEALTHY", "UNHEALTHY"};

std::string_view name_of(ContainerStatus value) {
  return kContainerNames[static_cast<std::size_t>(value)];
}
std::string_view name_of(TaskStatus value) { return kTaskNames[static_cast<std::size_t>(value)]; }
std::string_view name_of(Health value) { return kHealthNames[static_cast<std::size_t>(value)]; }

// Each type's members are listed once, in `members` below; Writer and Reader go through that list.
class Writer {
 public:
  template <class T>
  void operator()(const char* key, const T& value) {
    put(json[key], value);
  }
  template <class T>
  void operator()(const char* key, const std::optional<T>& value) {
    if (value) put(json[key], *value);
  }
  Json json = Json::object();

 private:
  static void put(Json& to, const std::string& value) { to = value; }
  static void put(Json& to, int value) { to = value; }
  static void put(Json& to, bool value) { to = value; }
  static void put(Json& to, Time value) { to = rfc3339_nano(value); }
  static void put(Json& to, ContainerStatus value) { to = name_of(value); }
  static void put(Json& to, TaskStatus value) { to = name_of(value); }
  static void put(Json& to, Health value) { to = name_of(value); }
  template <class T>
  static void put(Json& to, const std::vector<T>& list) {
    to = Json::array();
    for (const T& one : list) put(to.emplace_back(), one);
  }
  template <class T>
  static void put(Json& to, const T& value);
};

// Keeps the default of a member that is absent; remembers the first that has a wrong type.
class Reader {
 public:
  explicit Reader(const Json& json) : json_(json) {}
  template <class T>
  void operator()(const char* key, T& value) {
    const Json* found = json_find(json_, key);
    if (found && error.empty() && !take(*found, value))
      error = key + (error.empty() ? "" : "." + error);
  }
  template <class T>
  void operator()(const char* key, std::optional<T>& value) {
    if (!json_find(json_, key)) return;
    T inner{};
    (*this)(key, inner);
    value = std::move(inner);
  }
  std::string error;

 private:
  bool take(const Json& from, std::string& value) {
    if (!from.is_string()) return false;
    value = from.get<std::string>();
    return true;
  }
  bool take(const Json& from, int& value) {
    if (!from.is_number_integer()) return false;
    const auto wide = from.get<std::int64_t>();
    if (wide < std::numeric_limits<int>::min() || wide > std::numeric_limits<int>::max())
      return false;
    value = static_cast<int>(wide);
    return true;
  }
  bool take(const Json& from, bool& value) {
    if (!from.is_boolean()) return false;
    value = from.get<bool>();
    return true;
  }
  bool take(const Json& from, Time& value) {
    if (!from.is_string()) return false;
    const auto time = parse_rfc3339(from.get<std::string>());
    if (time) value = *time;
    return time.has_value();
  }
  template <class E, std::size_t N>
  static bool take_name(const Json& from, E& value, const std::array<std::string_view, N>& names) {
    if (!from.is_string()) return false;
    const auto found = std::find(names.begin(), names.end(), from.get<std::string>());
    if (found == names.end()) return false;
    value = static_cast<E>(found - names.begin());
    return true;
  }
  bool take(const Json& from, ContainerStatus& value) {
    return take_name(from, value, kContainerNames);
  }
  bool take(const Json& from, TaskStatus& value) { return take_name(from, value, kTaskNames); }
  bool take(const Json& from, Health& value) { return take_name(from, value, kHealthNames); }
  template <class T>
  bool take(const Json& from, std::vector<T>& list) {
    if (!from.is_array()) return false;
    for (const Json& one : from)
      if (!take(one, list.emplace_back())) return false;
    return true;
  }
  template <class T>
  bool take(const Json& from, T& value);

  const Json& json_;
};

template <class Archive, class V>
void members(Archive& at, V& v) requires std::is_same_v<std::remove_const_t<V>, HealthView> {
  at("status", v.status);
  at("since", v.since);
  at("exitCode", v.exit_code);
  at("output", v.output);
}

template <class Archive, class V>
void members(Archive& at, V& v) requires std::is_same_v<std::remove_const_t<V>, PublishedPort> {
  at("hostAddress", v.host_address);
  at("hostPort", v.host_port);
  at("containerPort", v.container_port);
  at("protocol", v.protocol);
}

template <class Archive, class V>
void members(Archive& at, V& v) requires std::is_same_v<std::remove_const_t<V>, ContainerView> {
  at("name", v.name);
  at("known", v.known);
  at("desiredStopped", v.desired_stopped);
  at("exitCode", v.exit_code);
  at("reason", v.reason);
  at("imageDigest", v.image_digest);
  at("imageId", v.image_id);
  at("createdAt", v.created_at);
  at("startedAt", v.started_at);
  at("finishedAt", v.finished_at);
  at("health", v.health);
  at("restartCount", v.restart_count);
  at("pid", v.pid);
  at("bundle", v.bundle);
  at("cgroup", v.cgroup);
  at("logFolder", v.log_folder);
  at("ports", v.ports);
}

template <class Archive, class V>
void members(Archive& at, V& v) requires std::is_same_v<std::remove_const_t<V>, NetworkView> {
  at("mode", v.mode);
  at("containers", v.containers);
  at("slot", v.slot);
  at("netnsPath", v.netns_path);
  at("address", v.address);
  at("prefix", v.prefix);
  at("subnetCidr", v.subnet_cidr);
  at("gateway", v.gateway);
  at("ipv6Address", v.ipv6_address);
  at("ipv6SubnetCidr", v.ipv6_subnet_cidr);
  at("mac", v.mac);
  at("privateDnsName", v.private_dns_name);
  at("dnsServers", v.dns_servers);
  at("dnsSearch", v.dns_search);
  at("eniId", v.eni_id);
}

template <class Archive, class V>
void members(Archive& at, V& v) requires std::is_same_v<std::remove_const_t<V>, TaskView> {
  at("lastStatus", v.last_status);
  at("desiredStopped", v.desired_stopped);
  at("version", v.version);
  at("createdAt", v.created_at);
  at("connectivityAt", v.connectivity_at);
  at("pullStartedAt", v.pull_started_at);
  at("pullStoppedAt", v.pull_stopped_at);
  at("startedAt", v.started_at);
  at("stoppingAt", v.stopping_at);
  at("executionStoppedAt", v.execution_stopped_at);
  at("stoppedAt", v.stopped_at);
  at("stopCode", v.stop_code);
  at("stoppedReason", v.stopped_reason);
  at("health", v.health);
  at("attachmentStatus", v.attachment_status);
  at("networks", v.networks);
  at("publishing", v.publishing);
  at("containers", v.containers);
  at("notes", v.notes);
}

template <class T>
void Writer::put(Json& to, const T& value) {
  Writer inner;
  members(inner, value);
  to = std::move(inner.json);
}

template <class T>
bool Reader::take(const Json& from, T& value) {
  if (!from.is_object()) return false;
  Reader inner(from);
  members(inner, value);
  error = inner.error;
  return error.empty();
}

}  // namespace

std::string_view metadata_name(ContainerStatus status) { return name_of(status); }

std::string_view api_name(ContainerStatus status) {
  if (status == ContainerStatus::kRunning || status == ContainerStatus::kStopped)
    return name_of(status);
  return "PENDING";
}

std::string_view api_name(TaskStatus status) { return name_of(status); }
std::string_view api_name(Health health) { return name_of(health); }

const NetworkView& network_of(const std::vector<NetworkView>& networks,
                              const std::string& container) {
  static const NetworkView kNone;
  for (const NetworkView& one : networks)
    if (std::find(one.containers.begin(), one.containers.end(), container) != one.containers.end())
      return one;
  return kNone;
}

Json view_json(const TaskView& view) {
  Writer writer;
  members(writer, view);
  return std::move(writer.json);
}

Result<TaskView> view_of_json(const Json& json, std::shared_ptr<const TaskSpec> spec) {
  TaskView view;
  view.spec = std::move(spec);
  if (!json.is_object()) return fail(Errc::kInvalid, "task view: not an object");
  Reader reader(json);
  members(reader, view);
  if (!reader.error.empty())
    return fail(Errc::kInvalid, "task view: '" + reader.error + "' has a wrong value");
  return view;
}

}  // namespace drydock::runtime
