#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "control/host_ports.h"
#include "control/tags.h"

// A container instance as it is stored (api.md 4.5). Plain values.
namespace drydock::control::instances {

// Attribute names and their values; an attribute may have none.
using Attributes = std::map<std::string, std::optional<std::string>>;

// What an instance has for tasks.
struct Resources {
  int cpu = 0;
  int memory_mib = 0;
  std::vector<std::string> ports, udp_ports;  // those that tasks cannot have
  std::shared_ptr<const Json> others;         // GPU and the like, as they were registered
};

struct Instance {
  std::string id, arn, cluster_name, cluster_arn, region, account;
  std::string ec2_id;
  std::string status = "ACTIVE";  // or DRAINING
  int version = 1;                // +1 at each change
  Time registered_at{};
  bool own = false;  // this machine, of itself (configuration key instances.virtual)
  std::shared_ptr<const Json> version_info;
  Resources resources;
  Attributes attributes;  // those of its registration; of an own one they are found anew
  Attributes custom;      // PutAttributes
  Tags tags;
};

// Ports that the agent and the system of an instance keep (api.md 4.5).
inline constexpr const char* kReservedPorts[] = {"22", "2376", "2375", "51678", "51679"};
// Of an instance that does not say what it has; the same on every machine, so that a test suite
// finds the same room everywhere (those of the test library that most suites were written with).
inline constexpr int kDefaultCpu = 4096;
inline constexpr int kDefaultMemoryMib = 7482;

// Both kinds; a custom one hides another of its name.
Attributes all_attributes(const Instance& instance);

// The stored form, and back; kInvalid when the text cannot be read.
std::string stored(const Instance& instance);
Result<Instance> instance_of(const std::string& text);

// What a task reserves: of the task when its definition says so, else of its containers together;
// of memory the soft limit where there is one.
struct Need {
  int cpu = 0;
  int memory_mib = 0;
  std::vector<FixedPort> ports;
};
Need need_of(const taskdef::TaskDefinition& definition);

// What the tasks of an instance have taken of it, and who is there.
struct Usage {
  int cpu = 0;
  int memory_mib = 0;
  std::vector<FixedPort> ports;
  int running = 0;
  int pending = 0;
  std::map<std::string, int> groups;  // tasks of each group
};
void add_task(Usage& usage, const Need& need, const std::string& group, bool pending);

// `registeredResources` and `remainingResources` of the API.
Json registered_json(const Resources& resources);
Json remaining_json(const Resources& resources, const Usage& usage);

}  // namespace drydock::control::instances
