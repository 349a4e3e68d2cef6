#include "taskdef/validate.h"

#include "tests/unit/taskdef/documents.h"

namespace drydock::taskdef {
namespace {

using test::answer;
using test::ec2;
using test::ec2_container;
using test::fargate;
using test::fargate_container;
using test::json;

struct Case {
  Json request;
  std::string_view message;
};

void expect(const std::vector<Case>& cases) {
  for (const Case& c : cases) EXPECT_EQ(answer(c.request), c.message) << pretty_json(c.request);
}

TEST(Validate, good_definitions_register) {
  expect(
      {{fargate(), ""},
       {ec2(), ""},
       {fargate(R"({"cpu": "1 vCPU", "memory": "2 gb"})"), ""},
       {fargate(R"({"requiresCompatibilities": null, "networkMode": "awsvpc"})"), ""},
       {fargate(R"({"placementConstraints": [], "inferenceAccelerators": [], "ipcMode": null})"),
        ""},
       {fargate_container(
            R"({"links": [], "dnsServers": [], "privileged": false, "dockerSecurityOptions": []})"),
        ""},
       {fargate_container(
            R"({"linuxParameters": {"capabilities": {"add": ["SYS_PTRACE"], "drop": ["ALL"]}}})"),
        ""},
       {ec2_container(R"({"logConfiguration": {"logDriver": "json-file"}})"), ""},
       {ec2(R"({"cpu": "10240", "memory": "1024", "requiresCompatibilities": ["EC2"]})"), ""}});
}

TEST(Validate, the_structure_is_looked_at_first) {
  expect({{json("{}"), "Family should not be null or empty."},
          {fargate(R"({"family": "a b"})"), "Family contains invalid characters."},
          {fargate(R"({"containerDefinitions": []})"), "Container list cannot be empty."},
          {fargate_container(R"({"name": null})"), "Container.name should not be null or empty."},
          {fargate_container(R"({"name": "a.b"})"), "Container.name contains invalid characters."},
          {fargate_container(R"({"image": ""})"), "Container.image should not be null or empty."},
          {fargate_container(R"({"image": "<IMAGE>"})"),
           "Container.image contains invalid characters."},
          {fargate_container(R"({"image": "a@sha256:12"})"),
           "Container.image contains invalid characters."},
          {fargate_container(R"({"essential": false})"),
           "Task definition doesn't have any essential container."},
          {fargate(R"({"inferenceAccelerators": [{"deviceName": "d", "deviceType": "t"}]})"),
           "Unsupported field 'inferenceAccelerators'"}});
  Json twice = fargate();
  twice["containerDefinitions"].push_back(twice["containerDefinitions"][0]);
  EXPECT_EQ(answer(twice), "Container names must be unique within a Task Definition.");
  Json eleven = fargate(R"({"containerDefinitions": []})");
  for (int i = 0; i < 11; ++i)
    eleven["containerDefinitions"].push_back(
        Json{{"name", "c" + std::to_string(i)}, {"image", "i"}});
  EXPECT_EQ(answer(eleven), "Too many containers.");
  EXPECT_NE(
      answer(fargate_container("{\"user\": \"" + std::string(70000, 'x') + "\"}")).find("65536"),
      std::string::npos);
}

TEST(Validate, a_wrong_json_type_is_all_that_is_said) {
  auto problems = validate(json(R"({"cpu": 256})"));
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].code, "SerializationException");
}

TEST(Validate, required_members_and_enumerations_are_checked) {
  expect(
      {{fargate_container(R"({"healthCheck": {"interval": 10}})"),
        "HealthCheck.command should not be null or empty."},
       {fargate_container(R"({"logConfiguration": {"options": {}}})"),
        "LogConfiguration.logDriver should not be null or empty."},
       {fargate_container(R"({"ulimits": [{"name": "nofiles", "softLimit": 1, "hardLimit": 1}]})"),
        "Invalid value 'nofiles' for 'name'. Must be one of [core, cpu, data, fsize, locks, "
        "memlock, msgqueue, nice, "
        "nofile, nproc, rss, rtprio, rttime, sigpending, stack]."},
       {ec2(R"({"networkMode": "vpc"})"),
        "Invalid value 'vpc' for 'networkMode'. Must be one of [bridge, host, awsvpc, none]."}});
  auto problems = validate(ec2(R"({"requiresCompatibilities": ["FARGAT"]})"));
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].code, "InvalidParameterException");
  EXPECT_EQ(problems[0].path, "requiresCompatibilities[0]");
}

TEST(Validate, sizes_must_be_possible) {
  expect({{fargate(R"({"cpu": "lots"})"), "Invalid 'cpu' setting for task."},
          {fargate(R"({"memory": "1.7 MiB"})"), "Invalid 'memory' setting for task."},
          {ec2(R"({"cpu": "64"})"), "Invalid 'cpu' setting for task."},
          {ec2_container(R"({"memory": null})"),
           "Invalid setting for container 'app'. At least one of 'memory' or 'memoryReservation' "
           "must be specified."},
          {ec2_container(R"({"memory": null})", R"({"memory": "128"})"), ""},
          {ec2_container(R"({"memoryReservation": 65})"),
           "Invalid setting for container 'app'. 'memory' must be greater than or equal to "
           "'memoryReservation'."},
          {ec2_container(R"({"memory": 4})"),
           "Invalid setting for container 'app'. 'memory' must be at least 6 MiB."},
          {fargate_container(R"({"memory": 513})"),
           "The 'memory' setting for container 'app' is greater than for the task."},
          {fargate_container(R"({"cpu": 257})"),
           "The sum of all container 'cpu' values cannot be greater than the value of the task "
           "'cpu'."},
          {fargate_container(R"({"memoryReservation": 513})"),
           "The sum of all container 'memoryReservation' values cannot be greater than the value "
           "of the task 'memory'."}});
}

TEST(Validate, fargate_wants_awsvpc_and_a_size_of_its_table) {
  expect(
      {{fargate(R"({"networkMode": null})"), "Fargate only supports network mode ‘awsvpc’."},
       {fargate(R"({"networkMode": "bridge"})"), "Fargate only supports network mode ‘awsvpc’."},
       {fargate(R"({"cpu": null})"), "Fargate requires that 'cpu' be defined at the task level."},
       {fargate_container(R"({"memory": 64})", R"({"memory": null})"),
        "Fargate requires that 'memory' be defined at the task level."},
       {fargate(R"({"cpu": "1024", "memory": "1024"})"),
        "No Fargate configuration exists for given values: 1024 CPU, 1024 memory. See the Amazon "
        "ECS documentation "
        "for the valid values."},
       {fargate(R"({"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}})"),
        "No Fargate configuration exists for given values: 256 CPU, 512 memory. See the Amazon ECS "
        "documentation "
        "for the valid values."}});
}

constexpr std::string_view kAwslogs =
    R"({"logConfiguration": {"logDriver": "awslogs",
        "options": {"awslogs-group": "g", "awslogs-region": "r", "awslogs-stream-prefix": "p"}}})";

TEST(Validate, fargate_wants_an_execution_role_for_what_needs_one) {
  expect({{fargate_container(kAwslogs),
           "Fargate requires task definition to have execution role ARN to support log driver "
           "awslogs."},
          {fargate_container(kAwslogs, R"({"executionRoleArn": "r"})"), ""},
          {ec2_container(kAwslogs), ""},
          {fargate_container(R"({"image": "1.dkr.ecr.us-east-1.amazonaws.com/a:b"})"),
           "Fargate requires task definition to have execution role ARN to support ECR images."},
          {fargate_container(R"({"image": "public.ecr.aws/nginx/nginx"})"), ""},
          {ec2_container(R"({"secrets": [{"name": "A", "valueFrom": "b"}]})"),
           "When you are specifying container secrets, you must also specify a value for "
           "'executionRoleArn'."}});
}

TEST(Validate, log_drivers_and_their_options_are_checked) {
  constexpr std::string_view kRole = R"({"executionRoleArn": "r"})";
  expect(
      {{fargate_container(R"({"logConfiguration": {"logDriver": "json-file"}})"),
        "json-file is not a valid log driver. Must be one of [awslogs, splunk, awsfirelens]"},
       {fargate_container(R"({"logConfiguration": {"logDriver": "awslogs"}})", kRole),
        "Log driver awslogs requires options: awslogs-region, awslogs-group, "
        "awslogs-stream-prefix"},
       {ec2_container(
            R"({"logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-region": "r"}}})"),
        "Log driver awslogs requires options: awslogs-group"},
       {fargate_container(
            R"({"logConfiguration": {"logDriver": "splunk", "options": {"splunk-url": "u"},
                                 "secretOptions": [{"name": "splunk-token", "valueFrom": "t"}]}})",
            kRole),
        ""},
       {fargate_container(R"({"logConfiguration": {"logDriver": "awsfirelens"}})"),
        "Invalid 'logConfiguration' setting for container 'app': log driver awsfirelens needs a "
        "container with a "
        "firelensConfiguration in the task."},
       {fargate_container(R"({"firelensConfiguration": {"type": "fluentbit",
                                 "options": {"config-file-type": "s3", "config-file-value": "arn:aws:s3:::b/f"}}})"),
        "Invalid arn syntax."}});
}

TEST(Validate, secrets_share_no_name) {
  constexpr std::string_view kRole = R"({"executionRoleArn": "r"})";
  expect({{fargate_container(R"({"environment": [{"name": "A", "value": "1"}],
                                 "secrets": [{"name": "A", "valueFrom": "p"}]})",
                             kRole),
           "The secret name must be unique and not shared with any new or existing environment "
           "variables set on the "
           "container, such as 'A'."},
          {fargate_container(
               R"({"secrets": [{"name": "A", "valueFrom": "p"}, {"name": "A", "valueFrom": "q"}]})",
               kRole),
           "Duplicate secret names found: A. Each secret name must be unique."}});
}

TEST(Validate, fargate_refuses_what_it_has_no_place_for) {
  expect(
      {{fargate(R"({"pidMode": "host"})"),
        "Tasks using the Fargate launch type do not support pidMode 'host'. The supported value "
        "for pidMode is "
        "'task'."},
       {fargate(R"({"pidMode": "task"})"), ""},
       {fargate(R"({"ipcMode": "none"})"),
        "Fargate compatible task definitions do not support ipcMode"},
       {fargate(R"({"placementConstraints": [{"type": "memberOf", "expression": "x"}]})"),
        "Fargate compatible task definitions do not support constraints"},
       {fargate(R"({"volumes": [{"name": "v", "host": {"sourcePath": "/x"}}]})"),
        "Fargate compatible task definitions do not support sourcePath"},
       {fargate(R"({"volumes": [{"name": "v", "host": {}}]})"), ""},
       {fargate(R"({"volumes": [{"name": "v", "dockerVolumeConfiguration": {"scope": "task"}}]})"),
        "Fargate compatible task definitions do not support dockerVolumeConfiguration"},
       {fargate_container(R"({"privileged": true})"),
        "Fargate requires that the 'privileged' setting be 'false'."},
       {fargate_container(R"({"dockerSecurityOptions": ["no-new-privileges"]})"),
        "Fargate compatible task definitions do not support dockerSecurityOptions"},
       {fargate_container(R"({"resourceRequirements": [{"type": "GPU", "value": "1"}]})"),
        "Tasks using the Fargate launch type do not support GPU resource requirements"},
       {fargate_container(R"({"linuxParameters": {"capabilities": {"add": ["NET_ADMIN"]}}})"),
        "NET_ADMIN is not allowed on Fargate."},
       {fargate_container(R"({"linuxParameters": {"devices": [{"hostPath": "/dev/fuse"}]}})"),
        "Fargate compatible task definitions do not support devices"},
       {fargate_container(R"({"linuxParameters": {"sharedMemorySize": 64}})"),
        "Fargate compatible task definitions do not support sharedMemorySize"},
       {fargate_container(R"({"linuxParameters": {"maxSwap": 0}})"),
        "Fargate compatible task definitions do not support maxSwap"},
       {fargate_container(R"({"stopTimeout": 121})"),
        "Tasks using the Fargate launch type must have a container stop timeout of less than 120 "
        "seconds."},
       {fargate_container(R"({"stopTimeout": 120})"), ""}});
}

TEST(Validate, a_host_pid_is_refused_before_a_container_too_large_for_the_task) {
  EXPECT_TRUE(answer(fargate_container(R"({"cpu": 400, "memory": 400})", R"({"pidMode": "host"})"))
                  .starts_with("Tasks using"));
}

TEST(Validate, ranges_of_a_container_are_checked) {
  expect(
      {{fargate_container(R"({"startTimeout": 1})"),
        "Granular start timeout on container 'app' must be at least 2 seconds."},
       {fargate_container(R"({"stopTimeout": 0})"),
        "Granular stop timeout on container 'app' must be at least 2 seconds."},
       {fargate_container(R"({"healthCheck": {"command": ["CMD", "x"], "interval": 4}})"),
        "Invalid 'healthCheck.interval' setting for container 'app': 4 is not between 5 and 300."},
       {fargate_container(R"({"restartPolicy": {"enabled": true, "restartAttemptPeriod": 59}})"),
        "Invalid 'restartPolicy.restartAttemptPeriod' setting for container 'app': 59 is not "
        "between 60 and 1800."},
       {fargate_container(R"({"ulimits": [{"name": "nofile", "softLimit": 2, "hardLimit": 1}]})"),
        "Invalid 'ulimits' setting for container 'app': nofile has a softLimit above its "
        "hardLimit."},
       {fargate_container(R"({"systemControls": [{"namespace": "vm.swappiness", "value": "1"}]})"),
        "Invalid 'systemControls' setting for container 'app': \"vm.swappiness\" is neither an IPC "
        "nor a network "
        "parameter of a container."},
       {fargate_container(
            R"({"environmentFiles": [{"type": "s3", "value": "arn:aws:s3:::b/f.txt"}]})"),
        "Invalid 'environmentFiles' setting for container 'app': \"arn:aws:s3:::b/f.txt\" does not "
        "end in .env."},
       {ec2_container(R"({"linuxParameters": {"capabilities": {"add": ["CAP_NET_ADMIN"]}}})"),
        "Invalid 'linuxParameters.capabilities' setting for container 'app': unknown capability "
        "\"CAP_NET_ADMIN\"."}});
}

TEST(Validate, awsvpc_refuses_what_belongs_to_other_networks) {
  expect(
      {{fargate_container(R"({"links": ["b"]})"),
        "Links are not supported when networkMode=awsvpc."},
       {fargate_container(R"({"disableNetworking": true})"),
        "Disable Networking is not supported on container when networkMode=awsvpc"},
       {fargate_container(R"({"hostname": "h"})"),
        "hostname is not supported on container when networkMode=awsvpc."},
       {fargate_container(R"({"portMappings": [{"containerPort": 80, "hostPort": 8080}]})"),
        "When networkMode=awsvpc, the host ports and container ports in port mappings must match."},
       {ec2_container(R"({"portMappings": [{"containerPort": 80, "hostPort": 1}]})",
                      R"({"networkMode": "host"})"),
        "When networkMode=host, the host ports and container ports in port mappings must match."},
       {ec2_container(R"({"portMappings": [{"containerPort": 80, "hostPort": 0}]})"), ""}});
}

TEST(Validate, ports_are_checked_alone_and_against_one_another) {
  expect(
      {{fargate_container(R"({"portMappings": [{"hostPort": 80}]})"),
        "Invalid 'containerPort' setting for container 'app'."},
       {fargate_container(
            R"({"portMappings": [{"containerPort": 80, "containerPortRange": "80-81"}]})"),
        "cannot specify both single port and port range"},
       {fargate_container(R"({"portMappings": [{"containerPortRange": "90-80"}]})"),
        "Invalid 'containerPortRange' setting"},
       {fargate_container(
            R"({"portMappings": [{"containerPort": 85}, {"containerPortRange": "80-90"}]})"),
        "container port is used multiple times in task"},
       {fargate_container(
            R"({"portMappings": [{"containerPort": 53}, {"containerPort": 53, "protocol": "udp"}]})"),
        ""},
       {fargate_container(
            R"({"portMappings": [{"containerPort": 1, "name": "a"}, {"containerPort": 2, "name": "a"}]})"),
        "port mapping name is already used"}});
  Json two = fargate_container(R"({"portMappings": [{"containerPort": 80}]})");
  two["containerDefinitions"].push_back(two["containerDefinitions"][0]);
  two["containerDefinitions"][1]["name"] = "other";
  EXPECT_EQ(answer(two), "container port is used multiple times in task");
}

// Two containers: `first` and `second` are merged into them.
Json pair(std::string_view first, std::string_view second) {
  Json request = fargate_container(first);
  request["containerDefinitions"].push_back(json(R"({"name": "dep", "image": "i"})"));
  request["containerDefinitions"][1].merge_patch(json(second));
  return request;
}

TEST(Validate, dependencies_must_be_possible) {
  constexpr std::string_view kOnDep =
      R"({"dependsOn": [{"containerName": "dep", "condition": "SUCCESS"}]})";
  expect(
      {{fargate_container(kOnDep), "Cannot depend on container + 'dep' because it does not exist"},
       {pair(kOnDep, "{}"),
        "A dependency container with SUCCESS or COMPLETE condition cannot be an essential "
        "container"},
       {pair(kOnDep, R"({"essential": false})"), ""},
       {pair(R"({"dependsOn": [{"containerName": "dep", "condition": "HEALTHY"}]})", "{}"),
        "A dependency container with HEALTHY condition must have health check configured"},
       {pair(R"({"dependsOn": [{"containerName": "dep", "condition": "START"}]})",
             R"({"dependsOn": [{"containerName": "app", "condition": "START"}]})"),
        "The containers depend on one another in a circle: app -> dep -> app."},
       {fargate_container(R"({"dependsOn": [{"containerName": "app", "condition": "START"}]})"),
        "The containers depend on one another in a circle: app -> app."}});
}

TEST(Validate, volumes_and_mounts_must_fit) {
  expect(
      {{fargate_container(R"({"mountPoints": [{"sourceVolume": "v", "containerPath": "/v"}]})"),
        "Unknown volume 'v'."},
       {fargate(R"({"volumes": [{"name": "v", "efsVolumeConfiguration": {"fileSystemId": "fs-1",
                       "authorizationConfig": {"iam": "ENABLED"}}}]})"),
        "EFS IAM authorization requires TransitEncryption to be enabled"},
       {fargate(
            R"({"volumes": [{"name": "v", "efsVolumeConfiguration": {"fileSystemId": "fs-1", "rootDirectory": "/d",
                       "transitEncryption": "ENABLED", "authorizationConfig": {"accessPointId": "fsap-1"}}}]})"),
        "Invalid setting for volume 'v': with an EFS access point rootDirectory must be absent or "
        "\"/\"."},
       {fargate(R"({"volumes": [{"host": {}}]})"), "Volume.name should not be null or empty."},
       {fargate_container(R"({"volumesFrom": [{"sourceContainer": "x"}]})"),
        "Invalid 'volumesFrom' setting for container 'app': there is no container \"x\"."}});
}

TEST(Validate, the_rest_of_the_task_level_is_checked) {
  expect(
      {{ec2(R"({"proxyConfiguration": {"containerName": "app"}})"),
        "APPMESH proxy configuration is only supported in networkMode=awsvpc"},
       {fargate(R"({"proxyConfiguration": {"containerName": "envoy"}})"),
        "Proxy container [envoy] does not exist"},
       {fargate(R"({"proxyConfiguration": {"containerName": "app"}})"), "Ingress port not found"},
       {fargate(R"({"ephemeralStorage": {"sizeInGiB": 20}})"),
        "Invalid 'ephemeralStorage.sizeInGiB' setting for task: 20 is not between 21 and 200."},
       {fargate(R"({"ephemeralStorage": {"sizeInGiB": 21}})"), ""},
       {fargate(R"({"tags": [{"key": "AWS:x", "value": ""}]})"),
        "Invalid tag: the prefix aws: of \"AWS:x\" is reserved."},
       {fargate(R"({"tags": [{"key": "ключ", "value": "a b@c"}]})"), ""}});
}

TEST(Validate, roles_are_never_a_reason_to_refuse) {
  EXPECT_EQ(answer(fargate(R"({"taskRoleArn": "{{role}}", "executionRoleArn": "<YOUR ROLE>"})")),
            "");
}

TEST(Validate, every_problem_is_collected_with_its_path) {
  auto problems =
      validate(fargate_container(R"({"image": "", "privileged": true, "stopTimeout": 1})"));
  std::vector<std::string> paths;
  for (const Problem& problem : problems) paths.push_back(problem.path);
  EXPECT_EQ(paths, (std::vector<std::string>{"containerDefinitions[0].image",
                                             "containerDefinitions[0].privileged",
                                             "containerDefinitions[0].stopTimeout"}));
}

TEST(Validate, any_definition_can_be_judged_as_fargate) {
  EXPECT_EQ(answer(ec2(), {.fargate = true}), "Fargate only supports network mode ‘awsvpc’.");
}

TEST(Validate, inference_accelerators_pass_when_they_are_allowed) {
  EXPECT_EQ(answer(ec2(R"({"inferenceAccelerators": [{"deviceName": "d", "deviceType": "t"}]})"),
                   {.allow_inference_accelerators = true}),
            "");
}

}  // namespace
}  // namespace drydock::taskdef
