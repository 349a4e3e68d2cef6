#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "control/instances/place.h"

namespace drydock::control::instances {
namespace {

class Placing : public ::testing::Test {
 protected:
  Placing() {
    all.reserve(3);
    for (const char* id : {"a", "b", "c"}) {
      Instance i;
      i.id = i.arn = id;
      i.version_info = std::make_shared<const Json>(Json{{"agentVersion", "1.105.1"}});
      i.resources = {1024, 1000, {"22"}, {}, std::make_shared<const Json>(Json::array())};
      all.push_back(i);
    }
  }

  std::vector<Candidate> candidates() const {
    std::vector<Candidate> out;
    for (const Instance& one : all) {
      const auto at = used.find(one.id);
      out.push_back({&one, at == used.end() ? Usage{} : at->second});
    }
    return out;
  }
  // Without stating it, the need and group of a small task.
  Place place(const Json& constraints = Json::array(), const Json& strategies = Json::array(),
              const Need& need = {128, 100, {}}) {
    const auto rules = rules_of(&constraints, &strategies, nullptr);
    EXPECT_TRUE(rules) << (rules ? "" : rules.error().message);
    return rules ? choose(candidates(), need, "family:web", *rules) : Place{};
  }
  std::vector<std::string> reasons(const Place& p) {
    std::vector<std::string> out;
    for (const auto& one : p.failures) out.push_back(one.arn + " " + one.reason);
    return out;
  }
  void task(const std::string& on, const std::string& group = "family:web", int cpu = 128) {
    add_task(used[on], {cpu, 100, {}}, group, false);
  }
  static Json member_of(const std::string& expression) {
    return Json::array({{{"type", "memberOf"}, {"expression", expression}}});
  }
  static Json strategy(const std::string& type, const std::string& field) {
    return Json::array({{{"type", type}, {"field", field}}});
  }

  std::vector<Instance> all;
  std::map<std::string, Usage> used;
};

TEST_F(Placing, TakesTheEmptiest) {
  EXPECT_EQ(place().instance, "a");
  task("a", "family:other");
  EXPECT_EQ(place().instance, "b");
}

TEST_F(Placing, WhatIsTakenIsNotGivenTwice) {
  for (const char* id : {"a", "b", "c"}) task(id, "g", 1000);
  EXPECT_THAT(reasons(place()),
              testing::ElementsAre("a RESOURCE:CPU", "b RESOURCE:CPU", "c RESOURCE:CPU"));
  EXPECT_EQ(place().failures[0].detail, "the task asks for 128 CPU units, and 24 are left");
  EXPECT_EQ(place({}, {}, {24, 900, {}}).instance, "a");
  EXPECT_THAT(reasons(place({}, {}, {24, 901, {}})), testing::Contains("a RESOURCE:MEMORY"));
}

TEST_F(Placing, PortsAreOnesOwn) {
  const FixedPort web{8080, 8080, "tcp"};
  add_task(used["a"], {0, 0, {web}}, "g", false);
  EXPECT_EQ(place({}, {}, {0, 0, {web}}).instance, "b");
  EXPECT_EQ(place({}, {}, {0, 0, {{8080, 8080, "udp"}}}).instance, "b");  // it is the emptiest
  for (const char* id : {"b", "c"}) add_task(used[id], {0, 0, {web}}, "g", false);
  EXPECT_THAT(reasons(place({}, {}, {0, 0, {{8000, 9000, "tcp"}}})),
              testing::Contains("c RESOURCE:PORTS"));
  EXPECT_EQ(place({}, {}, {0, 0, {{8080, 8080, "udp"}}}).instance, "a");
  EXPECT_THAT(reasons(place({}, {}, {0, 0, {{22, 22, "tcp"}}})),
              testing::Contains("a RESOURCE:PORTS"));  // the system's
}

TEST_F(Placing, MemberOfChoosesByAttributes) {
  all[1].custom["stack"] = "prod";
  all[2].attributes["stack"] = "test";
  EXPECT_EQ(place(member_of("attribute:stack == prod")).instance, "b");
  EXPECT_EQ(place(member_of("attribute:stack == test")).instance, "c");
  EXPECT_EQ(place(member_of("attribute:stack not_exists")).instance, "a");
  EXPECT_THAT(reasons(place(member_of("attribute:stack == none"))),
              testing::Contains("a MemberOf placement constraint unsatisfied."));
  task("b", "service:shop");
  EXPECT_EQ(place(member_of("task:group == service:shop")).instance, "b");
  EXPECT_EQ(place(member_of("agentVersion >= 1.9 and agentConnected == true")).instance, "a");
}

TEST_F(Placing, ACustomAttributeHidesTheOther) {
  all[0].attributes["stack"] = "test";
  all[0].custom["stack"] = "prod";
  EXPECT_EQ(place(member_of("attribute:stack == prod")).instance, "a");
}

TEST_F(Placing, DistinctInstancesAreLeftToOneTaskOfAGroup) {
  const Json distinct = Json::array({{{"type", "distinctInstance"}}});
  task("a");
  task("b", "family:other");
  EXPECT_EQ(place(distinct).instance, "c");
  task("c");
  EXPECT_EQ(place(distinct).instance, "b");
  task("b");
  EXPECT_THAT(reasons(place(distinct)),
              testing::Contains("a DistinctInstance placement constraint unsatisfied."));
}

TEST_F(Placing, StrategiesInTheirOrder) {
  task("a", "family:other", 512);
  EXPECT_EQ(place({}, strategy("binpack", "cpu")).instance, "a");
  EXPECT_EQ(place({}, strategy("spread", "instanceId")).instance, "b");  // none of the group
  task("b");
  EXPECT_EQ(place({}, strategy("spread", "instanceId")).instance, "c");
  all[0].attributes["zone"] = "x";
  all[1].attributes["zone"] = "y";
  all[2].attributes["zone"] = "y";
  EXPECT_EQ(place({}, strategy("spread", "attribute:zone")).instance, "a");
  Json two = strategy("spread", "attribute:zone");
  two.push_back({{"type", "binpack"}, {"field", "memory"}});
  task("a");
  task("a");
  EXPECT_EQ(place({}, two).instance, "b");
}

TEST_F(Placing, TheDefinitionsConstraintsCountToo) {
  const Json of_definition = member_of("attribute:stack == prod");
  all[2].custom["stack"] = "prod";
  const auto rules = rules_of(nullptr, nullptr, &of_definition);
  ASSERT_TRUE(rules);
  EXPECT_EQ(choose(candidates(), {}, "g", *rules).instance, "c");
}

TEST_F(Placing, WhatIsMalformedIsRefused) {
  const auto error = [](const Json& constraints, const Json& strategies) {
    const auto rules = rules_of(&constraints, &strategies, nullptr);
    return rules ? std::string("no error") : rules.error().code + ": " + rules.error().message;
  };
  const std::string invalid = "InvalidParameterException: ";
  EXPECT_EQ(error(member_of("attribute:a"), {}),
            invalid +
                "The expression 'attribute:a' of the placement constraint memberOf is "
                "invalid: an operator like == is missing, at character 12.");
  EXPECT_EQ(error(Json::array({{{"type", "odd"}}}), {}),
            invalid + "Placement constraint type should be one of [distinctInstance,memberOf]");
  EXPECT_EQ(error(Json(11, {{"type", "distinctInstance"}}), {}),
            invalid + "Maximum number of constraints is 10");
  EXPECT_EQ(error({}, strategy("binpack", "disk")), invalid + "binpack field 'disk' is invalid");
  EXPECT_EQ(error({}, strategy("odd", "")),
            invalid + "Placement strategy type should be one of [random,spread,binpack]");
}

TEST(InstanceDocument, ComesBackFromTheStore) {
  Instance i;
  i.id = "1";
  i.arn = "arn:1";
  i.cluster_arn = "arn:c";
  i.status = "DRAINING";
  i.version = 7;
  i.registered_at = now();
  i.version_info = std::make_shared<const Json>(Json{{"agentVersion", "1.2"}});
  i.resources = {
      2048, 4096, {"22"}, {"53"}, std::make_shared<const Json>(Json::array({{{"name", "GPU"}}}))};
  i.attributes = {{"a", "x"}, {"b", std::nullopt}};
  i.custom = {{"stack", "prod"}};
  i.tags = {{"k", "v"}};
  const auto read = instance_of(stored(i));
  ASSERT_TRUE(read);
  EXPECT_EQ(stored(*read), stored(i));
  EXPECT_EQ(read->attributes, i.attributes);
  EXPECT_EQ(read->registered_at, i.registered_at);
  EXPECT_FALSE(instance_of("{}"));
  EXPECT_FALSE(instance_of("junk"));
}

TEST(InstanceResources, AreWhatDefinitionsReserve) {
  taskdef::TaskDefinition d;
  d.containers.resize(2);
  d.containers[0].cpu = 100;
  d.containers[0].memory_mib = 300;
  d.containers[0].memory_reservation_mib = 200;
  d.containers[1].cpu = 50;
  d.containers[1].memory_mib = 64;
  EXPECT_EQ(need_of(d).cpu, 150);
  EXPECT_EQ(need_of(d).memory_mib, 264);  // the soft limit, where there is one
  d.cpu = 512;
  d.memory_mib = 1024;
  EXPECT_EQ(need_of(d).cpu, 512);
  EXPECT_EQ(need_of(d).memory_mib, 1024);
}

TEST(InstanceResources, RemainWithoutWhatTasksHave) {
  const Resources has{1024, 1000, {"22"}, {}, std::make_shared<const Json>(Json::array())};
  Usage used;
  add_task(used, {256, 400, {{80, 81, "tcp"}, {53, 53, "udp"}}}, "g", true);
  const Json left = remaining_json(has, used);
  EXPECT_EQ(left[0]["integerValue"], 768);
  EXPECT_EQ(left[1]["integerValue"], 600);
  EXPECT_EQ(left[2]["stringSetValue"].dump(), R"(["22","80","81"])");
  EXPECT_EQ(left[3]["stringSetValue"].dump(), R"(["53"])");
  EXPECT_EQ(registered_json(has)[2]["stringSetValue"].dump(), R"(["22"])");
  EXPECT_EQ(used.pending, 1);
}

}  // namespace
}  // namespace drydock::control::instances
