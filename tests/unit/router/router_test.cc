#include "router/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <future>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/http/door.h"

namespace drydock::router {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

logrouter::ForwardMessage message(const std::string& tag, const std::vector<std::string>& lines) {
  logrouter::ForwardMessage m;
  m.tag = tag;
  for (const auto& line : lines) {
    m.times.emplace_back(std::chrono::seconds(1772352904));
    m.records.push_back(Json{{"log", line}});
  }
  return m;
}

// A service that answers as a test says, and remembers what it was asked.
class Service {
 public:
  Service() {
    auto fd = http::listen_tcp("127.0.0.1", 0);
    EXPECT_TRUE(fd);
    port_ = *http::bound_port(fd->get());
    http::Surface surface;
    surface.handler = [this](const http::Request& r) {
      const std::lock_guard lock(mutex_);
      requests_.push_back(r);
      http::Response response;
      if (!answers.empty()) {
        response.status = answers.front().first;
        response.body = answers.front().second;
        answers.erase(answers.begin());
      }
      return response;
    };
    door_.open(std::move(*fd), std::move(surface));
  }
  std::string port() const { return std::to_string(port_); }
  std::vector<http::Request> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::vector<std::pair<int, std::string>> answers;  // the first ones; 200 after them

 private:
  std::mutex mutex_;
  std::vector<http::Request> requests_;
  int port_ = 0;
  http::Door door_{2};
};

class RouterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/drydock-router-XXXXXX";
    ASSERT_NE(::mkdtemp(folder), nullptr);
    folder_ = folder;
    ::setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
    ::setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
  }
  void TearDown() override { EXPECT_TRUE(remove_tree(folder_)); }

  // Routes, and waits until every output has taken it.
  void route(const std::string& config, std::vector<logrouter::ForwardMessage> messages) {
    auto sections = logrouter::read_router_config(config);
    ASSERT_TRUE(sections);
    auto made = Router::make(*sections, [this](const std::string& text) { told_ += text + "\n"; });
    ASSERT_TRUE(made) << made.error().message;
    for (auto& m : messages) {
      std::promise<void> done;
      (*made)->route(std::move(m), [&] { done.set_value(); });
      done.get_future().wait();
    }
    EXPECT_EQ((*made)->waiting(), 0u);
    (*made)->drain(std::chrono::seconds(10));
  }
  std::string written(const std::string& file) {
    return read_file(folder_ + "/" + file).value_or("");
  }
  std::string folder_, told_;
};

TEST_F(RouterTest, FiltersAndAddsAndSendsEachTagWhereItBelongs) {
  route(
      "[FILTER]\nName grep\nMatch web*\nRegex log GET\n[FILTER]\nName grep\nMatch web*\nExclude "
      "log "
      "^GET /healthz\n[FILTER]\nName record_modifier\nMatch *\nRecord ecs_cluster demo\n"
      "[OUTPUT]\nName file\nMatch web*\nPath " +
          folder_ + "\nFile web\nFormat plain\n[OUTPUT]\nName file\nMatch db*\nPath " + folder_ +
          "\n[OUTPUT]\nName null\nMatch *\n",
      {message("web-1", {"GET /", "GET /healthz", "POST /"}), message("db-1", {"x"}),
       message("other", {"y"})});
  EXPECT_EQ(written("web"), "{\"log\":\"GET /\",\"ecs_cluster\":\"demo\"}\n");
  EXPECT_EQ(written("db-1"),
            "db-1: [1772352904.000000000, {\"log\":\"x\",\"ecs_cluster\":\"demo\"}]\n");
  EXPECT_EQ(told_, "");
}

TEST_F(RouterTest, AnHttpServiceThatIsDownForAMomentGetsEverythingOnce) {
  Service service;
  service.answers = {{503, ""}};
  route("[OUTPUT]\nName http\nMatch *\nHost 127.0.0.1\nPort " + service.port() +
            "\nURI /in\nFormat json\nHeader X-Key a b\njson_date_format iso8601\n",
        {message("t", {"one", "two"})});
  const auto asked = service.requests();
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_EQ(asked[1].path, "/in");
  EXPECT_EQ(http::header(asked[1].headers, "X-Key"), "a b");
  EXPECT_EQ(asked[1].body, R"([{"date":"2026-03-01T08:15:04.000000Z","log":"one"},)"
                           R"({"date":"2026-03-01T08:15:04.000000Z","log":"two"}])");
}

TEST_F(RouterTest, WhatAServiceWillNeverTakeIsGivenUpAndTold) {
  Service service;
  service.answers = {{400, ""}};
  route("[OUTPUT]\nName http\nMatch *\nPort " + service.port() + "\n", {message("t", {"one"})});
  EXPECT_THAT(told_, HasSubstr("will never take 1 records"));
  EXPECT_THAT(told_, HasSubstr("answered HTTP 400"));
}

TEST_F(RouterTest, CloudWatchLogsGetsItsGroupItsStreamAndTheEvents) {
  Service service;
  service.answers = {{400, R"({"__type":"ResourceNotFoundException","message":"no group"})"}};
  route(
      "[OUTPUT]\nName cloudwatch_logs\nMatch *\nregion eu-west-1\nlog_group_name /shop/web\n"
      "log_stream_prefix fl-\nauto_create_group On\nlog_key log\nendpoint http://127.0.0.1:" +
          service.port() + "\n",
      {message("web-firelens-1", {"hello"})});
  std::vector<std::string> operations;
  for (const auto& r : service.requests())
    operations.push_back(std::string(http::header(r.headers, "X-Amz-Target")));
  EXPECT_THAT(operations,
              ElementsAre("Logs_20140328.CreateLogStream", "Logs_20140328.CreateLogGroup",
                          "Logs_20140328.CreateLogStream", "Logs_20140328.PutLogEvents"));
  EXPECT_EQ(service.requests().back().body,
            R"({"logGroupName":"/shop/web","logStreamName":"fl-web-firelens-1",)"
            R"("logEvents":[{"timestamp":1772352904000,"message":"hello"}]})");
  EXPECT_THAT(std::string(http::header(service.requests().back().headers, "Authorization")),
              HasSubstr("/eu-west-1/logs/aws4_request"));
}

TEST_F(RouterTest, FirehoseGetsAgainWhatItDidNotTake) {
  Service service;
  service.answers = {
      {200, R"({"FailedPutCount":1,"RequestResponses":[{"RecordId":"1"},{"ErrorCode":"Slow"}]})"}};
  route(
      "[OUTPUT]\nName kinesis_firehose\nMatch *\nregion eu-west-1\ndelivery_stream d\nlog_key log\n"
      "endpoint http://127.0.0.1:" +
          service.port() + "\n",
      {message("t", {"a", "b"})});
  ASSERT_EQ(service.requests().size(), 2u);
  EXPECT_EQ(service.requests()[1].body,
            R"({"DeliveryStreamName":"d","Records":[{"Data":"Ygo="}]})");
}

TEST_F(RouterTest, S3GetsOneObjectAtTheEnd) {
  Service service;
  route(
      "[OUTPUT]\nName s3\nMatch *\nregion eu-west-1\nbucket logs\nlog_key log\n"
      "s3_key_format /$TAG/%Y/$UUID\nendpoint http://127.0.0.1:" +
          service.port() + "\n",
      {message("t", {"a"}), message("t", {"b"})});
  ASSERT_EQ(service.requests().size(), 1u);
  EXPECT_EQ(service.requests()[0].method, "PUT");
  EXPECT_THAT(service.requests()[0].path, HasSubstr("/logs/t/2026/"));
  EXPECT_EQ(service.requests()[0].body, "a\nb\n");
}

TEST(RouterConfig, SecretsComeFromTheEnvironment) {
  auto sections = logrouter::read_router_config("[OUTPUT]\nName http\nHeader X ${key_1}-${none}\n");
  ASSERT_TRUE(sections);
  fill_in_environment(*sections, [](const char* name) {
    return std::string(name) == "key_1" ? std::string("a${key_1}") : std::string();
  });
  EXPECT_EQ((*sections)[0].get("Header"), "X a${key_1}-");
}

TEST(RouterConfig, WhatIsMissingOrWrongIsNamed) {
  const auto problem = [](const std::string& output) {
    const auto sections = logrouter::read_router_config("[OUTPUT]\n" + output);
    const auto made = Router::make(*sections, [](const std::string&) {});
    return made ? "" : made.error().message;
  };
  EXPECT_THAT(problem("Name cloudwatch_logs\nregion r\nlog_group_name g\n"),
              HasSubstr("log_stream_prefix or log_stream_name"));
  EXPECT_THAT(problem("Name stdout\nFormat xml\n"), HasSubstr("Format xml"));
  EXPECT_THAT(problem("Name splunk\n"), HasSubstr("has no output splunk"));
  const auto filter =
      make_filter({"FILTER", {{"Name", "grep"}, {"Match", "*"}, {"Regex", "log ("}}});
  ASSERT_FALSE(filter);
  EXPECT_THAT(filter.error().message, HasSubstr("the pattern \"(\" is wrong"));
}

}  // namespace
}  // namespace drydock::router
