#include "logrouter/firelens/router_config.h"

#include <gtest/gtest.h>

#include "tests/unit/golden.h"

namespace drydock::logrouter {
namespace {

taskdef::ContainerDefinition client(const std::string& name,
                                    std::vector<taskdef::KeyValue> options) {
  taskdef::ContainerDefinition c;
  c.name = name;
  c.log_configuration = {"awsfirelens", std::move(options), {}};
  return c;
}

// The example of the reference: a router with 100 MiB, one client.
taskdef::TaskDefinition shop(const std::string& type = "fluentbit") {
  taskdef::TaskDefinition task;
  task.family = "shop";
  task.revision = 7;
  taskdef::ContainerDefinition router;
  router.name = "router";
  router.memory_mib = 100;
  router.firelens_configuration = {type, {}};
  task.containers = {router,
                     client("web", {{type == "fluentd" ? "@type" : "Name", "cloudwatch_logs"},
                                    {"region", "eu-west-1"},
                                    {"log_group_name", "/shop/web"},
                                    {"log_stream_prefix", "fl-"},
                                    {"exclude-pattern", "^healthz"},
                                    {"log-driver-buffer-limit", "2097152"}})};
  return task;
}

std::string config(const taskdef::TaskDefinition& task) {
  const auto text =
      router_config(task, {"demo", "arn:aws:ecs:eu-west-1:210987654321:task/demo/5f0c", ""});
  return text ? *text : "error: " + text.error().message;
}

TEST(RouterConfig, IsForFluentBitAsEcsWritesIt) {
  auto task = shop();
  task.containers[0].firelens_configuration->options = {{"config-file-type", "file"},
                                                        {"config-file-value", "/extra.conf"}};
  expect_golden_text("firelens/fluentbit_awsvpc.conf", config(task));
}

TEST(RouterConfig, IsForFluentdAsEcsWritesIt) {
  auto task = shop("fluentd");
  task.containers[0].firelens_configuration->options = {{"config-file-type", "file"},
                                                        {"config-file-value", "/extra.conf"}};
  task.containers.push_back(client("job", {{"include-pattern", "ERROR"}, {"@type", "stdout"}}));
  expect_golden_text("firelens/fluentd_awsvpc.conf", config(task));
}

TEST(RouterConfig, ListensForOthersInABridgeNetwork) {
  auto task = shop();
  task.network_mode = "bridge";
  task.containers[0].memory_reservation_mib = 33;  // before memory
  task.containers.push_back(client("job", {{"include-pattern", "ERROR|WARN"},
                                           {"exclude-pattern", "debug"},
                                           {"Name", "stdout"},
                                           {"Zeta", "1"},
                                           {"alpha", "2"},
                                           {"Alpha", "3"}}));
  expect_golden_text("firelens/fluentbit_bridge.conf", config(task));
  auto fluentd = shop("fluentd");
  fluentd.network_mode = "bridge";
  expect_golden_text("firelens/fluentd_bridge.conf", config(fluentd));
}

TEST(RouterConfig, HasOnlyTheSocketInAHostNetwork) {
  auto task = shop();
  task.network_mode = "host";
  task.containers[0].memory_mib.reset();  // 25MB then
  task.containers[0].firelens_configuration->options = {{"enable-ecs-log-metadata", "false"}};
  expect_golden_text("firelens/fluentbit_host.conf", config(task));
}

TEST(RouterConfig, RefersToSecretsByVariablesOfTheRouter) {
  auto task = shop();
  task.containers[1].log_configuration->options = {{"Name", "datadog"}};
  task.containers[1].log_configuration->secret_options = {{"apikey", "arn:aws:ssm:x"}};
  expect_golden_text("firelens/fluentbit_secret.conf", config(task));
  EXPECT_EQ(router_secrets(task),
            (std::vector<RouterSecret>{{"apikey_1", "web", "arn:aws:ssm:x"}}));
  auto fluentd = shop("fluentd");
  fluentd.containers[1].log_configuration->options = {{"@type", "datadog"}};
  fluentd.containers[1].log_configuration->secret_options = {{"api_key", "name"}};
  expect_golden_text("firelens/fluentd_secret.conf", config(fluentd));
}

TEST(RouterConfig, HasNoOutputForAClientThatNamesNone) {
  auto task = shop();
  task.containers[1].log_configuration->options = {{"include-pattern", "x"}};
  const std::string text = config(task);
  EXPECT_NE(text.find("Regex  log x\n"), std::string::npos);
  EXPECT_EQ(text.find("[OUTPUT]\n    Name null"), text.rfind("[OUTPUT]"));
  task.containers[1].log_configuration->options = {};
  EXPECT_EQ(config(task).find("web"), std::string::npos);
}

TEST(RouterConfig, ReadsTheMetadataSwitchAsGoDoes) {
  auto task = shop();
  auto has_metadata = [&](const char* text) {
    task.containers[0].firelens_configuration->options = {{"enable-ecs-log-metadata", text}};
    return config(task).find("ecs_cluster") != std::string::npos;
  };
  for (const char* yes : {"1", "t", "T", "TRUE", "true", "True"}) EXPECT_TRUE(has_metadata(yes));
  for (const char* no : {"0", "f", "false", "yes", "tRUE", ""}) EXPECT_FALSE(has_metadata(no));
}

TEST(RouterConfig, SaysWhatIsWrongInEcsWords) {
  auto task = shop();
  task.containers[1].log_configuration->options = {{"name", "stdout"}};
  EXPECT_EQ(config(task),
            "error: unable to apply log options of container web to firelens config: missing "
            "output key Name which is required for firelens configuration of type fluentbit");
  auto fluentd = shop("fluentd");
  fluentd.containers[1].log_configuration->options = {{"Name", "stdout"}};
  EXPECT_EQ(config(fluentd),
            "error: unable to apply log options of container web to firelens config: missing "
            "output key @type which is required for firelens configuration of type fluentd");
  task = shop();
  task.containers[0].firelens_configuration->options = {{"config-file-type", "http"}};
  EXPECT_EQ(config(task), "error: invalid value http is specified for option config-file-type");
  task.containers[0].firelens_configuration->options = {{"config-file-type", "file"}};
  EXPECT_EQ(config(task),
            "error: option config-file-value is required when config-file-type is file and must "
            "name the configuration file");
}

TEST(RouterConfig, TheSocketFolderBelongsToANumericUser) {
  EXPECT_EQ(socket_owner("1000").value(), (SocketOwner{1000, -1}));
  EXPECT_EQ(socket_owner("0:0").value(), (SocketOwner{0, 0}));
  EXPECT_EQ(socket_owner("1000:50").value(), (SocketOwner{1000, 50}));
  EXPECT_EQ(socket_owner("1000:staff").value(), (SocketOwner{1000, -1}));
  EXPECT_FALSE(socket_owner("fluent"));
  EXPECT_FALSE(socket_owner("-1"));
  EXPECT_FALSE(socket_owner(""));
}

}  // namespace
}  // namespace drydock::logrouter
