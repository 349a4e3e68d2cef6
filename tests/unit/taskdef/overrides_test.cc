#include "taskdef/overrides.h"

#include "taskdef/normalise.h"
#include "taskdef/read_model.h"
#include "tests/unit/taskdef/documents.h"

namespace drydock::taskdef {
namespace {

using test::json;

Json document() {
  return normalise(test::fargate_container(
      R"({"command": ["old"], "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
          "secrets": [{"name": "S", "valueFrom": "s"}]})",
      R"({"taskRoleArn": "role", "executionRoleArn": "arn:aws:iam::1:role/e"})"));
}
TaskDefinition definition() { return read_model(document()); }

Problem refusal(std::string_view overrides, bool fargate = true) {
  auto result = check_overrides(document(), json(overrides), fargate);
  return result ? Problem{} : result.error();
}

// What a task runs with; the overrides must be accepted.
TaskDefinition run_with(std::string_view overrides) {
  EXPECT_EQ(refusal(overrides), Problem{});
  return read_model(with_overrides(document(), json(overrides)));
}

TEST(Overrides, none_changes_nothing) {
  EXPECT_TRUE(check_overrides(document(), Json(), true));
  EXPECT_EQ(with_overrides(document(), Json()), document());
  EXPECT_EQ(with_overrides(document(), Json::object()), document());
}

TEST(Overrides, a_command_is_replaced_and_the_environment_merged_by_name) {
  const auto task = run_with(R"({"containerOverrides": [{"name": "app", "command": ["new", "x"],
      "environment": [{"name": "A", "value": "9"}, {"name": "C", "value": "3"}]}]})");
  EXPECT_EQ(task.containers[0].command, (std::vector<std::string>{"new", "x"}));
  EXPECT_EQ(task.containers[0].environment,
            (std::vector<KeyValue>{{"B", "2"}, {"A", "9"}, {"C", "3"}}));
}

TEST(Overrides, files_and_resources_are_replaced) {
  const Json on_ec2 = normalise(test::ec2_container(
      R"({"environmentFiles": [{"type": "s3", "value": "arn:aws:s3:::b/a.env"}],
          "resourceRequirements": [{"type": "GPU", "value": "1"}]})"));
  const Json overrides = json(R"({"containerOverrides": [{"name": "app",
      "environmentFiles": [{"type": "s3", "value": "arn:aws:s3:::b/z.env"}],
      "resourceRequirements": [{"type": "GPU", "value": "2"}]}]})");
  ASSERT_TRUE(check_overrides(on_ec2, overrides, false));
  const auto c = read_model(with_overrides(on_ec2, overrides)).containers[0];
  EXPECT_EQ(c.environment_files, (std::vector<EnvironmentFile>{{"s3", "arn:aws:s3:::b/z.env"}}));
  EXPECT_EQ(c.resource_requirements, (std::vector<ResourceRequirement>{{"GPU", "2"}}));
}

TEST(Overrides, sizes_roles_and_storage_are_set) {
  const auto task = run_with(R"({"cpu": "1 vCPU", "memory": "2 GB", "taskRoleArn": "t",
      "executionRoleArn": "e", "ephemeralStorage": {"sizeInGiB": 50},
      "containerOverrides": [{"name": "app", "cpu": 5, "memory": 128, "memoryReservation": 64}]})");
  EXPECT_EQ(task.cpu, 1024);
  EXPECT_EQ(task.memory_mib, 2048);
  EXPECT_EQ(task.task_role_arn, "t");
  EXPECT_EQ(task.execution_role_arn, "e");
  EXPECT_EQ(task.ephemeral_storage_gib, 50);
  EXPECT_EQ(task.containers[0].cpu, 5);
  EXPECT_EQ(task.containers[0].memory_mib, 128);
  EXPECT_EQ(task.containers[0].memory_reservation_mib, 64);
}

TEST(Overrides, a_later_entry_for_the_same_container_adds_to_the_earlier) {
  const auto task = run_with(R"({"containerOverrides": [
      {"name": "app", "command": ["one"], "memory": 64}, {"name": "app", "command": ["two"]}]})");
  EXPECT_EQ(task.containers[0].command, (std::vector<std::string>{"two"}));
  EXPECT_EQ(task.containers[0].memory_mib, 64);
}

TEST(Overrides, an_accelerators_type_is_replaced_and_an_unknown_one_refused) {
  const Json with_device = normalise(
      test::ec2(R"({"inferenceAccelerators": [{"deviceName": "d", "deviceType": "eia1"}]})"));
  const Json other =
      json(R"({"inferenceAcceleratorOverrides": [{"deviceName": "d", "deviceType": "eia2"}]})");
  ASSERT_TRUE(check_overrides(with_device, other, false));
  EXPECT_EQ(with_overrides(with_device, other)["inferenceAccelerators"][0]["deviceType"], "eia2");
  EXPECT_EQ(refusal(R"({"inferenceAcceleratorOverrides": [{"deviceName": "x"}]})").code,
            "InvalidParameterException");
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
  EXPECT_EQ(refusal(R"({"cpu": "512"})", false), Problem{});
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

TEST(Overrides, a_smaller_task_must_still_hold_its_containers) {
  EXPECT_EQ(refusal(R"({"cpu": "256", "memory": "1 GB", "containerOverrides": [
                        {"name": "app", "memory": 1024, "cpu": 300}]})")
                .message,
            "The sum of all container 'cpu' values cannot be greater than the value of the task "
            "'cpu'.");
  Json large = document();
  large["cpu"] = "1024";
  large["memory"] = "4096";
  large["containerDefinitions"][0]["memory"] = 3000;
  auto smaller = check_overrides(large, json(R"({"memory": "2 GB"})"), true);
  ASSERT_FALSE(smaller);
  EXPECT_EQ(smaller.error().message,
            "The 'memory' setting for container 'app' is greater than for the task.");
}

TEST(Overrides, what_registration_refuses_is_refused_here_too) {
  auto of_container = [](const std::string& member) {
    return refusal(R"({"containerOverrides": [{"name": "app", )" + member + "}]}").message;
  };
  EXPECT_EQ(of_container(R"("environment": [{"name": "S", "value": "x"}])"),
            "The secret name must be unique and not shared with any new or existing environment "
            "variables set on the container, such as 'S'.");
  EXPECT_EQ(of_container(R"("environmentFiles": [{"type": "s3", "value": "here.env"}])"),
            "Invalid arn syntax.");
  EXPECT_EQ(of_container(R"("resourceRequirements": [{"type": "GPU", "value": "1"}])"),
            "Tasks using the Fargate launch type do not support GPU resource requirements");
  EXPECT_EQ(of_container(R"("memory": 3)"),
            "Invalid setting for container 'app'. 'memory' must be at least 6 MiB.");
  EXPECT_EQ(
      refusal(R"({"ephemeralStorage": {"sizeInGiB": 201}})").message,
      "Invalid 'ephemeralStorage.sizeInGiB' setting for task: 201 is not between 21 and 200.");
}

TEST(Overrides, the_limit_counts_characters) {
  auto entry = [](const std::string& word) {
    return R"({"containerOverrides":[{"name":"app","command":[")" + word + R"("]}]})";
  };
  const std::size_t room = 8192 - entry("").size();
  std::string umlauts;
  for (std::size_t i = 0; i < room; ++i) umlauts += "ü";
  EXPECT_EQ(refusal(entry(umlauts)), Problem{});
  EXPECT_EQ(refusal(entry(umlauts + "x")).message,
            "The overrides have 8193 characters of JSON; at most 8192 are allowed.");
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
