#include "tests/unit/api/api_fixture.h"

namespace drydock::api {
namespace {

class Clusters : public testing::ApiTest {};

TEST_F(Clusters, CreateGivesTheWholeObjectAndDoesNotMindTwice) {
  auto r = call(
      "CreateCluster",
      {{"clusterName", "prod"},
       {"tags", Json::array({{{"key", "b"}, {"value", "2"}}, {{"key", "a"}, {"value", "1"}}})}});
  const Json& c = r.body["cluster"];
  EXPECT_EQ(c["clusterArn"], "arn:aws:ecs:us-east-1:123456789012:cluster/prod");
  EXPECT_EQ(c["status"], "ACTIVE");
  EXPECT_EQ(c["tags"].dump(), R"([{"key":"a","value":"1"},{"key":"b","value":"2"}])");
  EXPECT_EQ(c["settings"].dump(), R"([{"name":"containerInsights","value":"disabled"}])");
  EXPECT_EQ(c["statistics"], Json::array());
  EXPECT_EQ(c["runningTasksCount"], 0);
  r = call("CreateCluster", {{"clusterName", "prod"}});
  EXPECT_EQ(r.body["cluster"]["tags"].size(), 2u);
  EXPECT_EQ(call("CreateCluster", Json::object()).body["cluster"]["clusterName"], "default");
}

TEST_F(Clusters, BadNamesSettingsAndStrategiesAreRefused) {
  EXPECT_EQ(call("CreateCluster", {{"clusterName", "a b"}}).message(), "Invalid cluster name.");
  EXPECT_EQ(call("CreateCluster", {{"clusterName", std::string(256, 'a')}}).type(),
            "InvalidParameterException");
  EXPECT_EQ(
      call("CreateCluster", {{"settings", Json::array({{{"name", "x"}, {"value", "y"}}})}}).status,
      400);
  EXPECT_EQ(call("CreateCluster", {{"defaultCapacityProviderStrategy",
                                    Json::array({{{"capacityProvider", "FARGATE"}}})}})
                .status,
            400);
  EXPECT_EQ(call("CreateCluster",
                 {{"configuration", {{"executeCommandConfiguration", {{"logging", "OVERRIDE"}}}}}})
                .status,
            400);
  EXPECT_TRUE(call("ListClusters", Json::object()).body["clusterArns"].empty());
}

TEST_F(Clusters, DescribeShowsWhatIsIncludedAndMissingOnes) {
  call("CreateCluster",
       {{"clusterName", "a"}, {"tags", Json::array({{{"key", "k"}, {"value", "v"}}})}});
  auto r = call("DescribeClusters", {{"clusters", {"a", "nope"}}});
  EXPECT_EQ(r.body["clusters"][0]["tags"], Json::array());
  EXPECT_EQ(r.body["clusters"][0]["settings"], Json::array());
  EXPECT_EQ(r.body["failures"].dump(),
            R"([{"arn":"arn:aws:ecs:us-east-1:123456789012:cluster/nope","reason":"MISSING"}])");
  r = call("DescribeClusters",
           {{"clusters", {"a"}}, {"include", {"TAGS", "SETTINGS", "STATISTICS"}}});
  EXPECT_EQ(r.body["clusters"][0]["tags"].size(), 1u);
  EXPECT_EQ(r.body["clusters"][0]["statistics"].size(), 12u);
  EXPECT_EQ(r.body["clusters"][0]["statistics"][0]["value"], "0");
  r = call("DescribeClusters", Json::object());
  EXPECT_EQ(r.body["failures"][0]["arn"], "arn:aws:ecs:us-east-1:123456789012:cluster/default");
}

TEST_F(Clusters, AnArnOfAnotherRegionNamesNothing) {
  call("CreateCluster", {{"clusterName", "a"}});
  EXPECT_EQ(
      call("DeleteCluster", {{"cluster", "arn:aws:ecs:eu-west-1:123456789012:cluster/a"}}).type(),
      "ClusterNotFoundException");
  EXPECT_EQ(
      call("DeleteCluster", {{"cluster", "arn:aws:ecs:us-east-1:123456789012:cluster/a"}}).status,
      200);
}

TEST_F(Clusters, ListPagesThroughAllOfThem) {
  for (int i = 0; i < 5; ++i) call("CreateCluster", {{"clusterName", "c" + std::to_string(i)}});
  std::vector<std::string> seen;
  std::string token;
  do {
    Json input = {{"maxResults", 2}};
    if (!token.empty()) input["nextToken"] = token;
    const auto r = call("ListClusters", input);
    for (const auto& arn : r.body["clusterArns"]) seen.push_back(arn.get<std::string>());
    token = json_string(r.body, "nextToken");
  } while (!token.empty());
  EXPECT_EQ(seen.size(), 5u);
  EXPECT_EQ(call("ListClusters", {{"nextToken", "rubbish"}}).message(), "Invalid token.");
  EXPECT_EQ(call("ListClusters", {{"maxResults", 101}}).type(), "InvalidParameterException");
  EXPECT_EQ(call("ListClusters", {{"maxResults", 0}}).status, 400);
}

TEST_F(Clusters, DeleteLeavesAnInactiveOneAndRefusesWithTasks) {
  prepare();
  const Json task = run_one();
  auto r = call("DeleteCluster", {{"cluster", "c"}});
  EXPECT_EQ(r.type(), "ClusterContainsTasksException");
  EXPECT_EQ(r.message(), "The Cluster cannot be deleted while Tasks are active.");
  become(id_of(task), runtime::TaskStatus::kStopped);
  r = call("DeleteCluster", {{"cluster", "c"}});
  EXPECT_EQ(r.body["cluster"]["status"], "INACTIVE");
  EXPECT_EQ(call("DescribeClusters", {{"clusters", {"c"}}}).body["clusters"][0]["status"],
            "INACTIVE");
  EXPECT_EQ(call("RunTask", run_input()).type(), "ClusterNotFoundException");
  EXPECT_EQ(call("DeleteCluster", {{"cluster", "nope"}}).message(), "Cluster not found.");
  EXPECT_TRUE(call("ListClusters", Json::object()).body["clusterArns"].empty());
  EXPECT_EQ(call("CreateCluster", {{"clusterName", "c"}}).body["cluster"]["status"], "ACTIVE");
}

TEST_F(Clusters, CapacityProvidersAreReplaced) {
  call("CreateCluster", {{"clusterName", "c"}});
  auto r = call("PutClusterCapacityProviders",
                {{"cluster", "c"},
                 {"capacityProviders", {"FARGATE", "FARGATE_SPOT"}},
                 {"defaultCapacityProviderStrategy",
                  Json::array({{{"capacityProvider", "FARGATE_SPOT"}, {"weight", 1}}})}});
  EXPECT_EQ(r.body["cluster"]["capacityProviders"].size(), 2u);
  call("RegisterTaskDefinition", fargate("web"));
  Json input = run_input();
  input.erase("launchType");
  const Json task = call("RunTask", input).body["tasks"][0];
  EXPECT_EQ(json_string(task, "capacityProviderName"), "FARGATE_SPOT");
  EXPECT_EQ(json_string(task, "launchType"), "FARGATE");
  restart();
  EXPECT_EQ(
      call("DescribeClusters", {{"clusters", {"c"}}}).body["clusters"][0]["capacityProviders"],
      (Json{"FARGATE", "FARGATE_SPOT"}));
  r = call("PutClusterCapacityProviders", {{"cluster", "c"},
                                           {"capacityProviders", Json::array()},
                                           {"defaultCapacityProviderStrategy", Json::array()}});
  EXPECT_TRUE(r.body["cluster"]["capacityProviders"].empty());
}

TEST_F(Clusters, SurviveARestart) {
  call("CreateCluster", {{"clusterName", "kept"}});
  restart();
  EXPECT_EQ(call("DescribeClusters", {{"clusters", {"kept"}}}).body["clusters"][0]["status"],
            "ACTIVE");
}

}  // namespace
}  // namespace drydock::api
