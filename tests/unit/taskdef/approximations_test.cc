#include "taskdef/approximations.h"

#include "taskdef/dependencies.h"
#include "tests/unit/taskdef/documents.h"

namespace drydock::taskdef {
namespace {

std::vector<std::string> paths_of(const Json& request) {
  std::vector<std::string> paths;
  for (const Note& note : approximations(request)) paths.push_back(note.path);
  return paths;
}

TEST(Approximations, a_plain_definition_has_none) {
  EXPECT_EQ(paths_of(test::fargate()), std::vector<std::string>{});
}

TEST(Approximations, each_is_named_with_its_path) {
  Json request = test::fargate_container(
      R"({"credentialSpecs": ["credentialspec:x"], "secrets": [{"name": "A", "valueFrom": "b"}]})",
      R"({"taskRoleArn": "role", "volumes": [{"name": "a"},
                                             {"name": "v", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}]})");
  EXPECT_EQ(paths_of(request),
            (std::vector<std::string>{"taskRoleArn", "volumes[1].efsVolumeConfiguration",
                                      "containerDefinitions[0].credentialSpecs"}));
}

TEST(Approximations, a_document_of_another_shape_has_none) {
  EXPECT_EQ(paths_of(test::json("[1]")).size(), 0u);
}

TEST(Dependencies, a_cycle_is_found_and_named_in_order) {
  EXPECT_EQ(find_cycle({{"a", {"b"}}, {"b", {"c"}}, {"c", {"b"}}}),
            (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(find_cycle({{"a", {"a"}}}), std::vector<std::string>{"a"});
}

TEST(Dependencies, a_diamond_is_no_cycle) {
  EXPECT_TRUE(
      find_cycle({{"a", {"b", "c"}}, {"b", {"d"}}, {"c", {"d", "nowhere"}}, {"d", {}}}).empty());
}

}  // namespace
}  // namespace drydock::taskdef
