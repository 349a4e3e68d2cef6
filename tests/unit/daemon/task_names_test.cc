#include "daemon/task_names.h"

#include <gtest/gtest.h>

#include "daemon/config_keys.h"

namespace drydock::daemon {
namespace {

runtime::TaskView task() {
  auto spec = std::make_shared<runtime::TaskSpec>();
  spec->cluster_name = "shop";
  spec->definition.family = "web";
  runtime::TaskView view;
  view.spec = std::move(spec);
  view.last_status = runtime::TaskStatus::kRunning;
  view.networks.emplace_back().address = "172.31.0.5";
  return view;
}

TEST(TaskNames, ARunningTaskIsFoundByFamilyAndCluster) {
  const auto names = names_of(task());
  EXPECT_EQ(names.zones, std::vector<std::string>{"shop.local"});
  ASSERT_EQ(names.names.size(), 1u);
  EXPECT_EQ(names.names[0].name, "web.shop.local");
  EXPECT_EQ(std::get<netns::Ipv4>(names.names[0].is), *netns::parse_ipv4("172.31.0.5"));
}

TEST(TaskNames, ATaskThatDoesNotRunYetOrIsAboutToStopHasNone) {
  for (const auto status : {runtime::TaskStatus::kProvisioning, runtime::TaskStatus::kPending,
                            runtime::TaskStatus::kStopping, runtime::TaskStatus::kStopped}) {
    auto view = task();
    view.last_status = status;
    EXPECT_TRUE(names_of(view).names.empty());
  }
  auto view = task();
  view.desired_stopped = true;
  EXPECT_TRUE(names_of(view).names.empty());
  view = task();
  view.networks.clear();
  EXPECT_TRUE(names_of(view).names.empty());
}

TEST(TaskNames, ATaskWithAnAddressForEachContainerHasNone) {
  auto view = task();
  view.networks.emplace_back().address = "172.31.0.6";
  EXPECT_TRUE(names_of(view).names.empty());
}

TEST(TaskNames, TheServersOfTheConfigurationAreAddresses) {
  Config config;
  ASSERT_TRUE(apply_file(config, R"({"dns": {"upstreams": ["10.0.0.2", "[::1]:5353"]}})", "f"));
  EXPECT_EQ(config.dns_upstreams, (std::vector<std::string>{"10.0.0.2", "[::1]:5353"}));
  for (const char* bad :
       {R"({"dns": {"upstreams": "10.0.0.2"}})", R"({"dns": {"upstreams": ["dns.example.com"]}})",
        R"({"dns": {"upstreams": [53]}})"}) {
    const auto refused = apply_file(config, bad, "f");
    ASSERT_FALSE(refused) << bad;
    EXPECT_NE(refused.error().message.find("dns.upstreams is"), std::string::npos);
  }
}

}  // namespace
}  // namespace drydock::daemon
