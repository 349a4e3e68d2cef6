#include "runtime/task_view.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace drydock::runtime {
namespace {

TaskView full_view() {
  const Time t = Time(std::chrono::nanoseconds(1'767'225'600'123'456'789));
  TaskView v;
  v.spec = std::make_shared<TaskSpec>();
  v.last_status = TaskStatus::kDeprovisioning;
  v.desired_stopped = true;
  v.version = 7;
  v.created_at = t;
  v.connectivity_at = t + std::chrono::nanoseconds(1);
  v.pull_started_at = t + std::chrono::nanoseconds(2);
  v.pull_stopped_at = t + std::chrono::nanoseconds(3);
  v.started_at = t + std::chrono::nanoseconds(4);
  v.stopping_at = t + std::chrono::nanoseconds(5);
  v.execution_stopped_at = t + std::chrono::nanoseconds(6);
  v.stopped_at = t + std::chrono::nanoseconds(7);
  v.stop_code = "EssentialContainerExited";
  v.stopped_reason = "Essential container in task exited";
  v.health = Health::kUnhealthy;
  v.attachment_status = "DELETED";
  v.networks = {{.mode = "awsvpc",
                 .containers = {"web"},
                 .slot = 3,
                 .netns_path = "/run/ns/3",
                 .address = "172.31.0.5",
                 .prefix = 16,
                 .subnet_cidr = "172.31.0.0/16",
                 .gateway = "172.31.0.1",
                 .ipv6_address = "fd00:1:2:3::5",
                 .ipv6_subnet_cidr = "fd00:1:2:3::/64",
                 .mac = "0a:00:00:00:00:05",
                 .private_dns_name = "ip-172-31-0-5.ec2.internal",
                 .dns_servers = {"172.31.0.2"},
                 .dns_search = {"ec2.internal"},
                 .eni_id = "eni-0"},
                NetworkView{}};
  v.networks[1].mode = "none";
  v.networks[1].containers = {"batch"};
  v.publishing = true;
  ContainerView c;
  c.name = "web";
  c.known = ContainerStatus::kStopped;
  c.desired_stopped = true;
  c.exit_code = 137;
  c.reason = "OutOfMemoryError: Container killed due to memory usage";
  c.image_digest = "sha256:1";
  c.image_id = "sha256:2";
  c.created_at = t;
  c.started_at = t;
  c.finished_at = t;
  c.health = {Health::kHealthy, t, 1, "out\n"};
  c.restart_count = 2;
  c.pid = 42;
  c.bundle = "/run/b";
  c.cgroup = "/ecs/t/c";
  c.log_folder = "/var/log/c";
  c.ports = {{"127.0.0.1", 8080, 80, "tcp"}};
  v.containers = {c, ContainerView{}};
  v.notes = {"one", "two"};
  return v;
}

TEST(TaskView, ComesBackFromJsonAsItWas) {
  const TaskView before = full_view();
  const Json json = view_json(before);
  const auto after = view_of_json(json, before.spec);
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(dump_json(view_json(*after)), dump_json(json));
  EXPECT_EQ(after->spec, before.spec);
  EXPECT_EQ(after->containers, before.containers);
  EXPECT_EQ(after->networks, before.networks);
  EXPECT_TRUE(after->publishing);
  EXPECT_EQ(after->notes, before.notes);
  EXPECT_EQ(after->last_status, before.last_status);
  EXPECT_EQ(after->stopped_at, before.stopped_at);
  EXPECT_EQ(after->version, 7);
}

TEST(TaskView, AContainersNetworkIsTheOneThatNamesIt) {
  const TaskView view = full_view();
  EXPECT_EQ(network_of(view.networks, "web").slot, 3);
  EXPECT_EQ(network_of(view.networks, "batch").mode, "none");
  EXPECT_EQ(network_of(view.networks, "nobody").mode, "");
}

TEST(TaskView, AFreshViewComesBackWithNothingSet) {
  const auto after = view_of_json(view_json(TaskView{}), nullptr);
  ASSERT_TRUE(after);
  EXPECT_FALSE(after->created_at);
  EXPECT_EQ(after->last_status, TaskStatus::kProvisioning);
  EXPECT_TRUE(after->networks.empty());
  EXPECT_TRUE(after->containers.empty());
}

TEST(TaskView, AWrongValueIsNamedWithItsPath) {
  Json json = view_json(full_view());
  json["containers"][0]["exitCode"] = "137";
  const auto r = view_of_json(json, nullptr);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().message, "task view: 'containers.exitCode' has a wrong value");
  for (const char* text : {"[]", "7", R"({"lastStatus":"FLYING"})", R"({"containers":{}})",
                           R"({"version":99999999999})", R"({"createdAt":"yesterday"})",
                           R"({"notes":[1]})", R"({"networks":{}})"})
    EXPECT_FALSE(view_of_json(*parse_json(text), nullptr)) << text;
}

TEST(TaskView, NamesAreThoseOfMetadataAndApi) {
  EXPECT_EQ(metadata_name(ContainerStatus::kManifestPulled), "MANIFEST_PULLED");
  EXPECT_EQ(api_name(ContainerStatus::kCreated), "PENDING");
  EXPECT_EQ(api_name(ContainerStatus::kRunning), "RUNNING");
  EXPECT_EQ(api_name(ContainerStatus::kStopped), "STOPPED");
  EXPECT_EQ(api_name(TaskStatus::kDeprovisioning), "DEPROVISIONING");
  EXPECT_EQ(api_name(Health::kUnhealthy), "UNHEALTHY");
}

}  // namespace
}  // namespace drydock::runtime
