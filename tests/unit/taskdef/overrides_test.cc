#include "taskdef/overrides.h"

#include "taskdef/normalise.h"
#include "taskdef/read_model.h"
#include "tests/unit/taskdef/documents.h"

namespace drydock::taskdef {
namespace {

using test::json;

TaskDefinition definition() {
  return read_model(normalise(test::fargate_container(
      R"({"command": ["old"], "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]})",
      R"({"taskRoleArn": "role"})")));
}

Problem refusal(std::string_view overrides) {
  auto result = apply_overrides(definition(), json(overrides), true);
  return result ? Problem{} : result.error();
}

TEST(Overrides, none_changes_nothing) {
  EXPECT_EQ(apply_overrides(definition(), Json(), true), definition());
  EXPECT_EQ(apply_overrides(definition(), Json::object(), true), definition());
}

TEST(Overrides, a_command_is_replaced_and_the_environment_merged_by_name) {
  auto task = apply_overrides(
      definition(), json(R"({"containerOverrides": [{"name": "app", "command": ["new", "x"],
      "environment": [{"name": "A", "value": "9"}, {"name": "C", "value": "3"}]}]})"),
      true);
  ASSERT_TRUE(task);
  EXPECT_EQ(task->containers[0].command, (std::vector<std::string>{"new", "x"}));
  EXPECT_EQ(task->containers[0].environment,
            (std::vector<KeyValue>{{"B", "2"}, {"A", "9"}, {"C", "3"}}));
}

TEST(Overrides, sizes_roles_and_storage_are_set) {
  auto task =
      apply_overrides(definition(), json(R"({"cpu": "1 vCPU", "memory": "2 GB", "taskRoleArn": "t",
      "executionRoleArn": "e", "ephemeralStorage": {"sizeInGiB": 50},
      "containerOverrides": [{"name": "app", "cpu": 5, "memory": 128, "memoryReservation": 64}]})"),
                      true);
  ASSERT_TRUE(task);
  EXPECT_EQ(task->cpu, 1024);
  EXPECT_EQ(task->memory_mib, 2048);
  EXPECT_EQ(task->task_role_arn, "t");
  EXPECT_EQ(task->execution_role_arn, "e");
  EXPECT_EQ(task->ephemeral_storage_gib, 50);
  EXPECT_EQ(task->containers[0].cpu, 5);
  EXPECT_EQ(task->containers[0].memory_mib, 128);
  EXPECT_EQ(task->containers[0].memory_reservation_mib, 64);
}

TEST(Overrides, an_unknown_container_is_refused) {
  EXPECT_EQ(
      refusal(R"({"containerOverrides": [{"name": "nope"}]})"),
      (Problem{"containerOverrides[0].name", "InvalidParameterException",
               "Override for container named nope is not a container in the TaskDefinition."}));
}

TEST(Overrides, a_size_that_fargate_does_not_have_is_refused_there_only) {
  EXPECT_TRUE(
      refusal(R"({"cpu": "512"})")
          .message.starts_with("No Fargate configuration exists for given values: 512 CPU, 512"));
  EXPECT_TRUE(apply_overrides(definition(), json(R"({"cpu": "512"})"), false));
  EXPECT_EQ(refusal(R"({"cpu": "many"})").message, "Invalid 'cpu' setting for task.");
}

TEST(Overrides, memory_rules_hold_for_the_result) {
  EXPECT_EQ(refusal(R"({"containerOverrides": [{"name": "app", "memory": 513}]})").message,
            "The 'memory' setting for container 'app' is greater than for the task.");
  EXPECT_EQ(
      refusal(R"({"containerOverrides": [{"name": "app", "memory": 64, "memoryReservation": 65}]})")
          .message,
      "Invalid setting for container 'app'. 'memory' must be greater than or equal to "
      "'memoryReservation'.");
}

TEST(Overrides, wrong_types_and_too_much_text_are_refused) {
  EXPECT_EQ(refusal(R"({"containerOverrides": {}})").code, "SerializationException");
  Json large = json(R"({"containerOverrides": [{"name": "app", "command": []}]})");
  large["containerOverrides"][0]["command"].push_back(std::string(9000, 'x'));
  EXPECT_EQ(refusal(dump_json(large)).code, "InvalidParameterException");
}

TEST(Overrides, the_document_names_every_container) {
  EXPECT_EQ(
      overrides_document(definition(), Json()),
      json(R"({"containerOverrides": [{"name": "app"}], "inferenceAcceleratorOverrides": []})"));
  EXPECT_EQ(overrides_document(definition(),
                               json(R"({"memory": "2 GB", "cpu": ".5 vcpu", "taskRoleArn": "t",
                "containerOverrides": [{"command": ["x"], "name": "app", "what": 1}]})")),
            json(R"({"containerOverrides": [{"name": "app", "command": ["x"]}], "cpu": "512",
                     "inferenceAcceleratorOverrides": [], "memory": "2048", "taskRoleArn": "t"})"));
}

}  // namespace
}  // namespace drydock::taskdef
