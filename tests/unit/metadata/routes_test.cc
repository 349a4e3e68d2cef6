#include "metadata/routes.h"

#include <gtest/gtest.h>

#include "metadata/paths.h"
#include "tests/unit/metadata/sample_task.h"

namespace drydock::metadata {
namespace {

constexpr char kTask[] = "4f5e6d7c8b9a40112233445566778899";
const std::string kId = std::string(kTask) + "-2000000002";

class MetadataRoutes : public ::testing::Test {
 protected:
  MetadataRoutes() { publish(sample_task()); }
  void publish(std::shared_ptr<const runtime::TaskView> task) {
    auto world = std::make_shared<runtime::World>();
    if (task) world->tasks[kTask] = std::move(task);
    world_.set(std::move(world));
  }
  http::Response call(const std::string& target, const std::string& method = "GET",
                      const std::string& body = "") const {
    http::Request request;
    request.method = method;
    request.target = target;
    request.path = target.substr(0, target.find('?'));
    if (request.path.size() < target.size()) request.query = target.substr(request.path.size() + 1);
    request.body = body;
    request.remote_address = "169.254.172.2";
    request.remote_port = 40404;
    return handler_(request);
  }
  void expect_error(const std::string& target, int status, const std::string& text) const {
    const auto response = call(target);
    EXPECT_EQ(response.status, status) << target;
    EXPECT_EQ(response.body, '"' + text + '"') << target;
    EXPECT_EQ(http::header(response.headers, "Content-Type"), "application/json");
  }

  runtime::PublishedWorld world_;
  // Each look at the counters takes one sample more, as long as it lies a second after the other.
  TaskSample sample(const runtime::TaskView& task) const {
    TaskSample out;
    out.at = *parse_rfc3339("2026-05-04T10:02:03.5Z");
    for (const auto& one : task.containers)
      if (one.known == runtime::ContainerStatus::kRunning && !unreadable_)
        out.containers[one.name].memory_usage = 4096;
    return out;
  }

  bool unreadable_ = false;
  http::Handler handler_ = metadata_handler(
      world_, kTask,
      {[this](const runtime::TaskView& task) { return sample(task); },
       [this](const std::string& id) {
         return id == "known" ? credentials_ : CredentialsLookup(UnknownCredentials{});
       }});
  CredentialsLookup credentials_;
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

TEST_F(MetadataRoutes, ServesContainersAndTheTask) {
  for (const std::string version : {"/v3/", "/v4/"}) {
    const auto container = call(version + kId);
    EXPECT_EQ(container.status, 200);
    EXPECT_EQ(container.body.substr(0, 60),
              R"({"DockerId":"4f5e6d7c8b9a40112233445566778899-2000000002","N)");
    EXPECT_EQ(http::header(container.headers, "Content-Type"), "application/json");
    EXPECT_EQ(call(version + kId + "/task").body.substr(0, 20), R"({"Cluster":"arn:aws:)");
    EXPECT_FALSE(has(call(version + kId + "/task").body, "TaskTags"));
    EXPECT_TRUE(has(call(version + kId + "/taskWithTags").body,
                    R"("TaskTags":{"cost":"\u003clow\u003e \u0026 fair","owner":"pilots"})"));
  }
  EXPECT_TRUE(has(call("/v4/" + kId).body, "Snapshotter"));
  EXPECT_FALSE(has(call("/v3/" + kId).body, "Snapshotter"));
  EXPECT_FALSE(has(call("/v4/" + kId).body, "\n"));
}

TEST_F(MetadataRoutes, AnyMethodGetsTheSameAnswer) {
  const auto want = call("/v4/" + kId).body;
  for (const char* const method : {"POST", "PUT", "DELETE", "HEAD", "OPTIONS"})
    EXPECT_EQ(call("/v4/" + kId, method).body, want) << method;
}

TEST_F(MetadataRoutes, AnswersForNoOtherTask) {
  auto world = std::make_shared<runtime::World>();
  auto other = sample_task();
  auto spec = *other->spec;
  spec.container_ids["tide"] = "foreign";
  other->spec = std::make_shared<const runtime::TaskSpec>(spec);
  world->tasks = {{kTask, sample_task()}, {"other", other}};
  world_.set(world);
  EXPECT_EQ(call("/v4/foreign").status, 404);
  EXPECT_EQ(call("/v2/metadata/foreign").status, 400);
}

TEST_F(MetadataRoutes, UnknownIdsGiveTheErrorsOfTheirVersion) {
  const std::string docker = "unable to get docker ID from v3 endpoint ID: nope";
  const std::string arn =
      "unable to get task arn from request: unable to get task Arn from v3 endpoint ID: nope";
  expect_error("/v4/nope", 404,
               "V4 container metadata handler: unable to get container ID from request: " + docker);
  expect_error("/v3/nope", 500,
               "V3 container metadata handler: unable to get container ID from request: " + docker);
  expect_error("/v4/nope/task", 404, "V4 task metadata handler: " + arn);
  expect_error("/v3/nope/task", 500, "V3 task metadata handler: " + arn);
  expect_error("/v4/nope/taskWithTags", 404, "V4 task metadata handler: " + arn);
  expect_error("/v4/nope/stats", 404, "V4 container stats handler: " + arn);
  expect_error("/v3/nope/stats", 400, "V3 container stats handler: " + arn);
  expect_error("/v4/nope/task/stats", 404, "V4 task stats handler: " + arn);
  expect_error(
      "/v4/nope/associations/gpu", 400,
      "V4 container associations handler: unable to get container id from request: " + docker);
  expect_error("/v4/", 404,
               "V4 container metadata handler: unable to get container ID from request: unable to "
               "get docker ID from v3 endpoint ID: ");
  expect_error("/v4/%3Cx%3E%22", 404,
               "V4 container metadata handler: unable to get container ID from request: unable to "
               "get docker ID from v3 endpoint ID: "
               "\\u003cx\\u003e\\\"");
  publish(nullptr);
  EXPECT_EQ(call("/v4/" + kId).status, 404);
  expect_error(
      "/v2/metadata", 400,
      "Unable to get task arn from request: unable to associate '169.254.172.2' with task");
}

TEST_F(MetadataRoutes, AContainerThatIsNotMadeYetKnowsItsTaskOnly) {
  auto task = sample_task();
  task->containers[1].known = runtime::ContainerStatus::kPulled;
  publish(task);
  EXPECT_EQ(call("/v4/" + kId).status, 404);
  EXPECT_EQ(call("/v4/" + kId + "/task").status, 200);
  expect_error("/v4/" + kId + "/stats", 404,
               "V4 container stats handler: unable to get container ID from request: unable to get "
               "docker ID from v3 endpoint ID: " +
                   kId);
}

TEST_F(MetadataRoutes, StatisticsAreThoseOfTheContainersThatRun) {
  auto task = sample_task();
  task->containers[0].known = runtime::ContainerStatus::kStopped;
  publish(task);
  const std::string router = std::string(kTask) + "-1000000001";
  for (const std::string& path :
       {"/v4/" + kId + "/stats", "/v3/" + kId + "/stats", "/v2/stats/" + kId}) {
    EXPECT_EQ(call(path).status, 200) << path;
    EXPECT_TRUE(has(call(path).body, R"("name":"tide","id":")" + kId + '"')) << path;
  }
  EXPECT_TRUE(has(call("/v4/" + kId + "/task/stats").body, R"(":{},")" + kId + R"(":{"read":)"));
  EXPECT_TRUE(has(call("/v3/" + kId + "/task/stats").body, R"(":null,")" + kId + R"(":{"read":)"));
  EXPECT_EQ(call("/v2/stats").body, call("/v2/stats/").body);
  EXPECT_EQ(call("/v2/stats").body, call("/v3/" + kId + "/task/stats").body);
  expect_error("/v4/" + router + "/stats", 500, "Unable to get container stats for: " + router);
  expect_error("/v3/" + router + "/stats", 400, "Unable to get container stats for: " + router);
  expect_error("/v2/stats/" + router, 400, "Unable to get container stats for: " + router);
  expect_error("/v2/stats/other", 400, "Unable to get container stats for: other");
}

TEST_F(MetadataRoutes, StatisticsThatCannotBeReadYetAreNearlyEmpty) {
  unreadable_ = true;
  EXPECT_EQ(call("/v4/" + kId + "/stats").body, "{}");
  EXPECT_EQ(call("/v3/" + kId + "/stats").body, "null");
}

TEST_F(MetadataRoutes, ServesV2ByTheListener) {
  for (const char* const path : {"/v2/metadata", "/v2/metadata/"}) {
    EXPECT_TRUE(has(call(path).body,
                    R"("Networks":[{"NetworkMode":"awsvpc","IPv4Addresses":["172.31.4.9"]}])"))
        << path;
    EXPECT_FALSE(has(call(path).body, "LaunchType"));
  }
  EXPECT_EQ(call("/v2/metadata/" + kId).body.substr(0, 12), R"({"DockerId":)");
  expect_error("/v2/metadata/a/b", 400, "Unable to generate metadata for container 'a/b'");
  for (const char* const path :
       {"/v2/metadataWithTags", "/v2/metadataWithTags/", "/v2/metadata/taskWithTags"})
    EXPECT_TRUE(has(call(path).body, "TaskTags")) << path;
}

TEST_F(MetadataRoutes, UnknownPathsArePlainAndUncleanOnesMove) {
  for (const std::string& path :
       {std::string("/"), std::string("/v5/x"), "/v4/" + kId + "/", "/v4/" + kId + "/task/",
        std::string("/v4"), "/v4/" + kId + "/tasks", std::string("/v2/credentials"),
        std::string("*"), std::string("/v2/metadataX"), std::string("/v4/a/associations")}) {
    const auto response = call(path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_EQ(response.body, "404 page not found\n") << path;
    EXPECT_EQ(http::header(response.headers, "Content-Type"), "text/plain; charset=utf-8");
    EXPECT_EQ(http::header(response.headers, "X-Content-Type-Options"), "nosniff");
  }
  const auto moved = [&](const std::string& target) {
    const auto response = call(target);
    EXPECT_EQ(response.status, 301) << target;
    return std::string(http::header(response.headers, "Location"));
  };
  EXPECT_EQ(moved("/v4//x?a=b%20c"), "/v4/x?a=b%20c");
  EXPECT_EQ(moved("//evil.example/../v4/./x/"), "/v4/x/");
  EXPECT_EQ(moved("/../../v4/%0d%0aSet-Cookie:%20x"), "/v4/%0D%0ASet-Cookie:%20x");
}

TEST_F(MetadataRoutes, AssociationsAreEmpty) {
  EXPECT_EQ(call("/v4/" + kId + "/associations/gpu").body, R"({"Associations":null})");
  expect_error("/v3/" + kId + "/associations/", 400,
               "V3 container associations handler: unable to get association type from request");
  expect_error("/v4/" + kId + "/associations/gpu/", 400,
               "V4 container associations handler: unable to get association name from request");
  expect_error("/v4/" + kId + "/associations/gpu/g0", 400,
               "Unable to write container association response: unable to get association from "
               "association type gpu and association name g0");
}

TEST_F(MetadataRoutes, OnlyKnownCredentialsAreServed) {
  EXPECT_EQ(
      call("/v2/credentials/some-id").body,
      R"({"code":"InvalidIdInRequest","message":"CredentialsV2Request: Credentials not found","HTTPErrorCode":400})");
  EXPECT_EQ(
      call("/v2/credentials/").body,
      R"({"code":"NoIdInRequest","message":"CredentialsV2Request: No Credential ID in the request","HTTPErrorCode":400})");
  EXPECT_EQ(
      call("/v1/credentials?id=x").body,
      R"({"code":"InvalidIdInRequest","message":"CredentialsV1Request: Credentials not found","HTTPErrorCode":400})");
  EXPECT_EQ(call("/v1/credentials").status, 400);
}

TEST_F(MetadataRoutes, CredentialsAreTheSameInBothVersions) {
  credentials_ = PendingCredentials{};
  EXPECT_EQ(call("/v2/credentials/known").status, 503);
  EXPECT_EQ(
      call("/v2/credentials/known").body,
      R"({"code":"CredentialsUninitialized","message":"CredentialsV2Request: Credentials uninitialized for ID","HTTPErrorCode":503})");
  credentials_ = RoleCredentials{"arn:aws:iam::111122223333:role/pilot", "ASIAX", "s/+", "t&k",
                                 *parse_rfc3339("2026-05-04T16:00:00.9Z")};
  const std::string want =
      R"({"RoleArn":"arn:aws:iam::111122223333:role/pilot","AccessKeyId":"ASIAX","SecretAccessKey":"s/+",)"
      R"("Token":"t\u0026k","Expiration":"2026-05-04T16:00:00Z"})";
  EXPECT_EQ(call("/v2/credentials/known").body, want);
  EXPECT_EQ(call("/v1/credentials?id=known").body, want);
  EXPECT_EQ(call("/v2/credentials/known/").status, 404);
}

TEST_F(MetadataRoutes, EveryReplyTellsTheRateLimitAndBurstsBeyondItAreRefused) {
  const auto first = call("/nowhere");
  EXPECT_EQ(http::header(first.headers, "X-Rate-Limit-Limit"), "40.00");
  EXPECT_EQ(http::header(first.headers, "X-Rate-Limit-Duration"), "1");
  EXPECT_EQ(http::header(first.headers, "X-Rate-Limit-Request-Remote-Addr"), "169.254.172.2:40404");
  EXPECT_EQ(http::header(first.headers, "X-Rate-Limit-Request-Forwarded-For"), "");
  auto slow = metadata_handler(world_, kTask, {}, RateLimit{0.001, 3});
  http::Request request;
  request.method = "GET";
  request.target = request.path = "/v4/" + kId;
  request.remote_address = "169.254.172.2";
  for (int i = 0; i < 3; ++i) EXPECT_EQ(slow(request).status, 200);
  const auto refused = slow(request);
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.body, "You have reached maximum request limit.");
  EXPECT_EQ(http::header(refused.headers, "X-Rate-Limit-Limit"), "0.00");
  request.path += "/task";
  EXPECT_EQ(slow(request).status, 200);
}

TEST(MetadataRateLimit, RefillsSteadilyAndForgetsNothingItNeeds) {
  RateLimiter limiter(RateLimit{});
  RateLimiter::TimePoint now{};
  int admitted = 0;
  while (limiter.admit("a", "/p", now)) ++admitted;
  EXPECT_EQ(admitted, 60);
  now += std::chrono::milliseconds(500);
  for (admitted = 0; limiter.admit("a", "/p", now);) ++admitted;
  EXPECT_EQ(admitted, 20);
  EXPECT_TRUE(limiter.admit("b", "/p", now));
  for (int i = 0; i < 5000; ++i) EXPECT_TRUE(limiter.admit("a", "/" + std::to_string(i), now));
}

TEST(MetadataPaths, AreCleanedAsGoDoes) {
  for (const auto& [path, clean] :
       std::vector<std::pair<std::string, std::string>>{{"/", "/"},
                                                        {"", "/"},
                                                        {"/a/b", "/a/b"},
                                                        {"/a/b/", "/a/b/"},
                                                        {"/a//b", "/a/b"},
                                                        {"/./a", "/a"},
                                                        {"/a/..", "/"},
                                                        {"/../a", "/a"},
                                                        {"/a/b/../c/", "/a/c/"}})
    EXPECT_EQ(clean_path(path), clean) << path;
}

}  // namespace
}  // namespace drydock::metadata
