#include "daemon/task_api.h"

#include <gtest/gtest.h>

namespace drydock::daemon {
namespace {

// The API of tasks, with one task at 10.77.0.4, and what came through to the API behind it.
class TaskApiTest : public ::testing::Test {
 protected:
  TaskApiTest() {
    auto view = std::make_shared<runtime::TaskView>();
    view->networks.emplace_back().address = "10.77.0.4";
    view->last_status = runtime::TaskStatus::kRunning;
    auto world = std::make_shared<runtime::World>();
    world->tasks["t"] = view;
    world_.set(std::move(world));
  }
  http::Response ask(http::Request request, bool sts_only = false) {
    const auto api = [this](const http::Request& r) {
      seen_ = r;
      return http::Response();
    };
    return task_api_handler(api, nullptr, world_, sts_only)(request);
  }
  static http::Request from(const std::string& address, const std::string& path = "/") {
    http::Request r;
    r.method = "POST";
    r.path = r.target = path;
    r.remote_address = address;
    return r;
  }
  runtime::PublishedWorld world_;
  std::optional<http::Request> seen_;
};

TEST_F(TaskApiTest, ATaskIsAnsweredAndNobodyElse) {
  EXPECT_EQ(ask(from("10.77.0.4")).status, 200);
  ASSERT_TRUE(seen_);
  EXPECT_EQ(seen_->remote_uid, std::optional<uid_t>(0)) << "trusted as this door trusts it";
  seen_.reset();
  for (const char* other : {"10.77.0.5", "127.0.0.1", "10.77.0.1", ""})
    EXPECT_EQ(ask(from(other)).status, 403) << other;
  EXPECT_FALSE(seen_);
}

TEST_F(TaskApiTest, ATaskThatHasStoppedIsNone) {
  auto view = std::make_shared<runtime::TaskView>();
  view->networks.emplace_back().address = "10.77.0.4";
  view->last_status = runtime::TaskStatus::kStopped;
  auto world = std::make_shared<runtime::World>();
  world->tasks["t"] = view;
  world_.set(std::move(world));
  EXPECT_EQ(ask(from("10.77.0.4")).status, 403);
}

TEST_F(TaskApiTest, PrivateRoutesAndWebPagesAreRefused) {
  EXPECT_EQ(ask(from("10.77.0.4", "/_drydock/v1/shutdown")).status, 403);
  auto page = from("10.77.0.4");
  page.headers = {{"Origin", "http://evil.example"}};
  EXPECT_EQ(ask(page).status, 403);
  EXPECT_FALSE(seen_);
}

TEST_F(TaskApiTest, WhereOnlyStsIsAllowedEcsIsRefused) {
  auto ecs = from("10.77.0.4");
  ecs.headers = {{"X-Amz-Target", "AmazonEC2ContainerServiceV20141113.ListClusters"}};
  EXPECT_EQ(ask(ecs, true).status, 403);
  auto sts = from("10.77.0.4");
  sts.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  sts.body = "Action=GetCallerIdentity&Version=2011-06-15";
  EXPECT_EQ(ask(sts, true).status, 200);
}

}  // namespace
}  // namespace drydock::daemon
