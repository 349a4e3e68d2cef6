#include "metadata/host_routes.h"

#include <gtest/gtest.h>

#include "tests/unit/metadata/sample_task.h"

namespace drydock::metadata {
namespace {

constexpr char kHost[] = "4f5e6d7c8b9a40112233445566778899";
constexpr char kKeys[] = "6e0f1d2c-0000-4000-8000-000000000001";

// A task with network mode host, and one with awsvpc whose ids mean nothing here.
class HostRoutes : public ::testing::Test {
 protected:
  HostRoutes() {
    auto world = std::make_shared<runtime::World>();
    world->tasks[kHost] = task("host", kHost, kKeys);
    world->tasks["other"] = task("awsvpc", "99999999999999999999999999999999", "other-keys");
    world_.set(std::move(world));
    tasks_.add(kHost, [](const http::Request&) { return http::Response{200, {}, "the task", {}}; });
    tasks_.add("other", [](const http::Request&) { return http::Response{200, {}, "other", {}}; });
  }
  static std::shared_ptr<runtime::TaskView> task(const std::string& mode, const std::string& id,
                                                 const std::string& keys) {
    auto made = sample_task();
    auto spec = std::make_shared<runtime::TaskSpec>(*made->spec);
    spec->task_id = id;
    spec->credentials_id = keys;
    spec->definition.network_mode = mode;
    for (auto& [name, runtime_id] : spec->container_ids)
      runtime_id = id + runtime_id.substr(runtime_id.find('-'));
    made->spec = spec;
    return made;
  }
  std::string get(const std::string& path, const std::string& query = "") {
    http::Request request;
    request.method = "GET";
    request.path = path;
    request.query = query;
    return tasks_.answer(request).body;
  }
  runtime::PublishedWorld world_;
  HostTasks tasks_{world_, [](const http::Request&) {
                     return http::Response{404, {}, "nobody", {}};
                   }};
};

TEST_F(HostRoutes, ATaskIsKnownByItsContainersAndItsCredentials) {
  const std::string id = std::string(kHost) + "-2000000002";
  for (const char* path : {"/v3/", "/v4/", "/api/"}) EXPECT_EQ(get(path + id), "the task") << path;
  EXPECT_EQ(get("/v4/" + id + "/task/stats"), "the task");
  EXPECT_EQ(get("/v2/credentials/" + std::string(kKeys)), "the task");
  EXPECT_EQ(get("/v1/credentials", "id=" + std::string(kKeys)), "the task");
  EXPECT_EQ(get("//v4/./" + id), "the task") << "where it is led to the clean path";
}

TEST_F(HostRoutes, WhatNamesNoSuchTaskIsForNobody) {
  for (const char* path :
       {"/", "", "/v4", "/v4/", "/v2/metadata", "/v2/credentials/", "/v1/credentials",
        "/v4/4f5e6d7c8b9a40112233445566778899", "/v2/credentials/other-keys",
        "/v4/99999999999999999999999999999999-2000000002"})
    EXPECT_EQ(get(path), "nobody") << path;
}

TEST_F(HostRoutes, ATaskThatHasGoneIsNobody) {
  tasks_.remove(kHost);
  EXPECT_EQ(get("/v4/" + std::string(kHost) + "-2000000002"), "nobody");
}

}  // namespace
}  // namespace drydock::metadata
