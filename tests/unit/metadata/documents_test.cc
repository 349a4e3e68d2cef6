#include "metadata/documents.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "metadata/routes.h"
#include "tests/unit/metadata/golden.h"
#include "tests/unit/metadata/sample_task.h"

namespace drydock::metadata {
namespace {

HostFacts facts() {
  HostFacts facts;
  facts.clock = HostFacts::Clock{0.4375, *parse_rfc3339("2026-05-04T10:02:03.9Z"), true};
  facts.storage_utilized_mib = 311;
  return facts;
}

TEST(MetadataDocuments, AV4ContainerHasEveryFieldInOrder) {
  const auto task = sample_task();
  expect_golden("v4_container.json", container_document(*task, task->containers[1], Version::kV4));
}

TEST(MetadataDocuments, AV3ContainerHasItsNetworkEarlyAndLessOfIt) {
  const auto task = sample_task();
  expect_golden("v3_container.json", container_document(*task, task->containers[1], Version::kV3));
}

TEST(MetadataDocuments, AV4TaskHasItsContainersAfterTheLaunchType) {
  expect_golden("v4_task.json", task_document(*sample_task(), Version::kV4, facts(), true));
}

TEST(MetadataDocuments, AV2TaskHasItsContainersBeforeTheLimits) {
  expect_golden("v2_task.json", task_document(*sample_task(), Version::kV2, facts()));
}

TEST(MetadataDocuments, ATaskThatOnlyPullsHasNoNetworksAndNoIds) {
  const auto task = sample_task();
  for (auto& one : task->containers) {
    one.known = runtime::ContainerStatus::kPulled;
    one.created_at = one.started_at = {};
    one.image_digest = one.image_id = "";
    one.health = {};
  }
  const auto v4 = task_document(*task, Version::kV4, {});
  EXPECT_EQ(v4["KnownStatus"], "NONE");
  EXPECT_EQ(v4["Containers"][1]["KnownStatus"], "PULLED");
  EXPECT_EQ(v4["Containers"][1]["DockerId"], "");
  EXPECT_EQ(v4["Containers"][1]["ImageID"], "");
  EXPECT_EQ(v4["Containers"][1]["Health"].dump(), "{}");
  for (const char* const key : {"Networks", "CreatedAt", "StartedAt", "ExitCode"})
    EXPECT_FALSE(v4["Containers"][1].contains(key)) << key;
  EXPECT_FALSE(v4.contains("ClockDrift"));
  EXPECT_FALSE(task_document(*task, Version::kV3, {}).contains("Containers"));
}

TEST(MetadataDocuments, AStoppedContainerShowsItsExitCodeEvenWhenZero) {
  const auto task = sample_task();
  auto& one = task->containers[0];
  one.known = runtime::ContainerStatus::kStopped;
  one.desired_stopped = true;
  one.exit_code = 0;
  one.finished_at = *parse_rfc3339("2026-05-04T11:00:00.000000001Z");
  const auto document = container_document(*task, one, Version::kV4);
  EXPECT_EQ(document["ExitCode"], 0);
  EXPECT_EQ(document["DesiredStatus"], "STOPPED");
  EXPECT_EQ(document["KnownStatus"], "STOPPED");
  EXPECT_EQ(document["FinishedAt"], "2026-05-04T11:00:00.000000001Z");
  EXPECT_EQ(task_document(*task, Version::kV4, {})["KnownStatus"],
            "RUNNING");  // the other one runs
}

TEST(MetadataDocuments, Ec2TasksNameTheClusterAndShowPortsAndZeroMemory) {
  const auto task = sample_task();
  auto spec = *task->spec;
  spec.launch_type = "EC2";
  task->spec = std::make_shared<const runtime::TaskSpec>(spec);
  const auto document = task_document(*task, Version::kV4, facts());
  EXPECT_EQ(document["Cluster"], "harbour");
  EXPECT_EQ(document["Containers"][0]["Limits"].dump(), R"({"CPU":2,"Memory":0})");
  EXPECT_EQ(document["Containers"][1]["Ports"].dump(),
            R"([{"ContainerPort":8080,"Protocol":"tcp","HostPort":8080}])");
  EXPECT_FALSE(document["Containers"][0].contains("Snapshotter"));
  EXPECT_FALSE(document.contains("ClockDrift"));
}

TEST(MetadataDocuments, OnABridgeEachContainerShowsItsOwnAddressAndBinding) {
  const auto task = sample_task();
  auto spec = *task->spec;
  spec.launch_type = "EC2";
  spec.definition.network_mode = "bridge";
  spec.definition.containers[1].port_mappings[0].host_port = 0;
  task->spec = std::make_shared<const runtime::TaskSpec>(spec);
  task->networks.assign(2, {});
  for (runtime::NetworkView& network : task->networks) network.mode = "bridge";
  task->networks[0].containers = {"router"};
  task->networks[0].address = "172.31.0.5";
  task->networks[1].containers = {"tide"};
  task->networks[1].address = "172.31.0.6";
  task->containers[1].ports = {{"127.0.0.1", 32768, 8080, "tcp"}};
  for (const Version version : {Version::kV2, Version::kV3, Version::kV4}) {
    EXPECT_EQ(container_document(*task, task->containers[0], version)["Networks"].dump(),
              R"([{"NetworkMode":"bridge","IPv4Addresses":["172.31.0.5"]}])");
    EXPECT_EQ(container_document(*task, task->containers[1], version)["Networks"].dump(),
              R"([{"NetworkMode":"bridge","IPv4Addresses":["172.31.0.6"]}])");
  }
  EXPECT_EQ(container_document(*task, task->containers[1], Version::kV4)["Ports"].dump(),
            R"([{"ContainerPort":8080,"Protocol":"tcp","HostPort":32768,"HostIp":"127.0.0.1"}])");
  EXPECT_EQ(container_document(*task, task->containers[1], Version::kV3)["Ports"].dump(),
            R"([{"ContainerPort":8080,"Protocol":"tcp","HostPort":32768}])");
}

TEST(MetadataDocuments, TheWireTextIsEscapedAsGoDoes) {
  EXPECT_EQ(wire_text(Json("<a&b>\xe2\x80\xa8\xe2\x80\xa9\xe2\x82\xac\"\\/")),
            "\"\\u003ca\\u0026b\\u003e\\u2028\\u2029\xe2\x82\xac\\\"\\\\/\"");
  EXPECT_EQ(wire_text(Json("cut \xe2\x80")).front(), '"');  // invalid bytes never throw
  EXPECT_EQ(wire_text(Json::array({number(512), number(0.25), number(0.5458234999999999)})),
            "[512,0.25,0.5458234999999999]");
}

TEST(MetadataDocuments, TheMachinesClockIsKnown) { EXPECT_TRUE(host_facts().clock.has_value()); }

}  // namespace
}  // namespace drydock::metadata
