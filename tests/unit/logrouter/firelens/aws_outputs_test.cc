#include "logrouter/firelens/aws_outputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drydock::logrouter {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

taskdef::TaskDefinition task(const std::vector<std::vector<taskdef::KeyValue>>& clients,
                             const std::string& type = "fluentbit") {
  taskdef::TaskDefinition d;
  d.task_role_arn = "arn:aws:iam::123456789012:role/app";
  for (const auto& options : clients) {
    taskdef::ContainerDefinition c;
    c.name = "app" + std::to_string(d.containers.size());
    c.log_configuration.emplace();
    c.log_configuration->driver = "awsfirelens";
    c.log_configuration->options = options;
    d.containers.push_back(c);
  }
  taskdef::ContainerDefinition router;
  router.name = "router";
  router.firelens_configuration.emplace();
  router.firelens_configuration->type = type;
  d.containers.push_back(router);
  return d;
}

TEST(AwsOutputs, CloudWatchLogsComesHereWithoutAWord) {
  for (const char* plugin : {"cloudwatch", "cloudwatch_logs"}) {
    const AwsOutputs out = aws_outputs(task({{{"Name", plugin}, {"region", "eu-west-1"}}}));
    EXPECT_THAT(out.services, ElementsAre("logs"));
    EXPECT_THAT(out.notes, IsEmpty());
  }
}

TEST(AwsOutputs, WhatIsNotEmulatedIsSaidAndKeptFromAws) {
  const AwsOutputs out =
      aws_outputs(task({{{"Name", "s3"}, {"bucket", "b"}}, {{"Name", "kinesis_firehose"}}}));
  EXPECT_THAT(out.services, ElementsAre("firehose", "logs", "s3"));
  EXPECT_THAT(out.notes, ElementsAre(HasSubstr("the output s3 of container app0 will fail: s3 is "
                                               "not emulated here"),
                                     HasSubstr("kinesis_firehose of container app1")));
  EXPECT_THAT(aws_outputs(task({{{"@type", "kinesis_streams"}}}, "fluentd")).services,
              ElementsAre("kinesis", "logs"));
}

TEST(AwsOutputs, AnEndpointOfItsOwnIsLeftAlone) {
  const AwsOutputs out = aws_outputs(task({{{"Name", "s3"}, {"endpoint", "http://minio:9000"}}}));
  EXPECT_THAT(out.services, ElementsAre("logs"));
  EXPECT_THAT(out.notes, ElementsAre(HasSubstr("http://minio:9000")));
}

TEST(AwsOutputs, PinnedCertificatesMissingKeysAndFilesOfItsOwnAreSaid) {
  auto d = task({{{"Name", "cloudwatch_logs"}, {"tls.ca_file", "/ca.pem"}}});
  d.task_role_arn.clear();
  d.containers.back().environment = {{"SSL_CERT_FILE", "/mine.pem"}};
  d.containers.back().firelens_configuration->options = {{"config-file-type", "file"},
                                                         {"config-file-value", "/extra.conf"}};
  EXPECT_THAT(aws_outputs(d).notes,
              ElementsAre(HasSubstr("/ca.pem only"), HasSubstr("/extra.conf"),
                          HasSubstr("sets SSL_CERT_FILE itself"), HasSubstr("no taskRoleArn")));
}

TEST(AwsOutputs, WithoutALogRouterNothingChanges) {
  const AwsOutputs out = aws_outputs({});
  EXPECT_THAT(out.services, IsEmpty());
  EXPECT_THAT(out.notes, ElementsAre(HasSubstr("changes nothing")));
}

}  // namespace
}  // namespace drydock::logrouter
