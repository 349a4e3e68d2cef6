#include "metadata/introspection.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "runtime/bundle/metadata_file.h"
#include "tests/unit/metadata/golden.h"
#include "tests/unit/metadata/sample_task.h"

namespace drydock::metadata {
namespace {

constexpr char kTask[] = "4f5e6d7c8b9a40112233445566778899";
constexpr char kOther[] = "4f5e6d7c8b9a99999999999999999999";
constexpr char kNone[] =
    R"({"Arn":"","KnownStatus":"","Family":"","Version":"","Containers":null})";

std::shared_ptr<runtime::TaskView> ec2_task(const std::string& id, const std::string& cluster) {
  auto task = sample_task();
  auto spec = std::make_shared<runtime::TaskSpec>(*task->spec);
  spec->task_id = id;
  spec->task_arn = "arn:aws:ecs:eu-north-1:111122223333:task/" + cluster + "/" + id;
  spec->cluster_name = cluster;
  spec->cluster_arn = "arn:aws:ecs:eu-north-1:111122223333:cluster/" + cluster;
  spec->account = "111122223333";
  spec->launch_type = "EC2";
  spec->definition.network_mode = "bridge";
  for (auto& [name, runtime_id] : spec->container_ids)
    runtime_id = id + runtime_id.substr(runtime_id.find('-'));
  task->spec = spec;
  task->containers[1].ports.push_back({"127.0.0.1", 32768, 8080, "tcp"});
  return task;
}

class Introspection : public ::testing::Test {
 protected:
  Introspection() {
    auto world = std::make_shared<runtime::World>();
    world->tasks[kTask] = ec2_task(kTask, "harbour");
    world->tasks[kOther] = ec2_task(kOther, "harbour");
    world->tasks["elsewhere"] = ec2_task("elsewhere", "other");
    auto fargate = sample_task();
    world->tasks["fargate"] = fargate;
    world_.set(std::move(world));
  }
  http::Response get(const std::string& target) const {
    http::Request request;
    request.method = "GET";
    request.target = target;
    request.path = target.substr(0, target.find('?'));
    if (request.path.size() < target.size()) request.query = target.substr(request.path.size() + 1);
    return handler_(request);
  }

  runtime::PublishedWorld world_;
  http::Handler handler_ = introspection_handler(world_, kTask);
};

TEST_F(Introspection, TellsOfTheInstance) {
  const auto commands = get("/");
  EXPECT_EQ(commands.status, 200);
  EXPECT_EQ(commands.body, R"({"AvailableCommands":["/v1/metadata","/v1/tasks","/license"]})");
  EXPECT_EQ(get("/v2/tasks").body, commands.body);
  EXPECT_EQ(get("/v1/metadata").body,
            R"({"Cluster":"harbour","ContainerInstanceArn":")" +
                runtime::container_instance_arn(*world_.get()->tasks.at(kTask)->spec) +
                R"x(","Version":"Amazon ECS Agent - v1.105.1 (00000000)"})x");
  EXPECT_NE(get("/license").body.find("Apache"), std::string::npos);
}

TEST_F(Introspection, ListsTheEc2TasksOfTheCluster) {
  const Json all = Json::parse(get("/v1/tasks").body)["Tasks"];
  ASSERT_EQ(all.size(), 2U);
  expect_golden("introspection_task.json", all[0]);
  const std::string arn = all[1]["Arn"].get<std::string>();
  EXPECT_EQ(Json::parse(get("/v1/tasks?taskarn=" + arn).body), all[1]);
}

TEST_F(Introspection, FindsATaskByTheIdOfAContainer) {
  const std::string id = std::string(kTask) + "-2000000002";
  EXPECT_EQ(get("/v1/tasks?dockerid=" + id).status, 200);
  EXPECT_EQ(get("/v1/tasks?dockerid=4f5e6d7c8b9a").status, 400) << "ambiguous";
  EXPECT_EQ(get("/v1/tasks?dockerid=4f5e6d7c8b9a4").status, 404) << "longer is no prefix";
  EXPECT_EQ(get("/v1/tasks?dockerid=ffff").body, kNone);
  EXPECT_EQ(get("/v1/tasks?dockerid=ffff").status, 404);
  EXPECT_EQ(get("/v1/tasks?taskarn=arn:aws:ecs:x").status, 404);
  EXPECT_EQ(get("/v1/tasks?taskarn=a&dockerid=b").status, 400);
  EXPECT_EQ(get("/v1/tasks?taskarn=a&dockerid=b").body, kNone);
}

TEST_F(Introspection, ADesiredStatusThatIsBehindIsLeftOut) {
  auto stopped = ec2_task(kTask, "harbour");
  stopped->last_status = runtime::TaskStatus::kStopped;
  auto world = std::make_shared<runtime::World>();
  world->tasks[kTask] = stopped;
  world_.set(std::move(world));
  const Json task = Json::parse(get("/v1/tasks").body)["Tasks"][0];
  EXPECT_EQ(task["KnownStatus"], "STOPPED");
  EXPECT_FALSE(task.contains("DesiredStatus"));
}

TEST(ContainerMetadataFile, BeforeAndAfterTheStart) {
  const auto task = ec2_task(kTask, "harbour");
  const auto early = runtime::metadata_file_text(*task->spec, "tide", task->networks.front(), {});
  EXPECT_EQ(early.substr(0, 25), "{\n\t\"Cluster\": \"harbour\",\n");
  const auto& container = task->containers[1];
  const auto ready =
      runtime::metadata_file_text(*task->spec, "tide", task->networks.front(),
                                  runtime::StartedFacts{container.image_id, container.ports});
  expect_golden("container_metadata_file.json",
                Json{{"early", Json::parse(early)}, {"ready", Json::parse(ready)}});
  EXPECT_EQ(runtime::metadata_folder(*task->spec, "tide").size(), 18U + 36U);
}

}  // namespace
}  // namespace drydock::metadata
