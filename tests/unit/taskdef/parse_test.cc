#include "taskdef/parse.h"

#include "base/limits.h"
#include "tests/unit/taskdef/documents.h"

namespace drydock::taskdef {
namespace {

using test::json;

std::string error_of(std::string_view text) {
  auto request = parse(text);
  return request ? "" : request.error().message;
}

TEST(Parse, a_bare_definition_is_the_request) {
  EXPECT_EQ(*parse(R"({"family": "web"})"), json(R"({"family": "web"})"));
}

TEST(Parse, a_byte_order_mark_is_skipped) {
  EXPECT_EQ(*parse("\xEF\xBB\xBF{\"family\": \"web\"}"), json(R"({"family": "web"})"));
}

TEST(Parse, what_describe_prints_is_unwrapped_and_loses_what_only_responses_have) {
  auto request =
      parse(R"({"taskDefinition": {"taskDefinitionArn": "arn:aws:ecs:r:1:task-definition/web:3",
    "family": "web", "revision": 3, "status": "ACTIVE", "requiresAttributes": [{"name": "a"}],
    "compatibilities": ["EC2"], "registeredAt": 1700000000.5, "registeredBy": "arn:me", "deregisteredAt": 1,
    "deleteRequestedAt": 2}, "tags": [{"key": "team", "value": "blue"}]})");
  EXPECT_EQ(*request, json(R"({"family": "web", "tags": [{"key": "team", "value": "blue"}]})"));
}

TEST(Parse, broken_json_is_reported_with_line_and_column) {
  EXPECT_TRUE(error_of("{\n  \"family\": \"web\",\n}").starts_with("line 3, column 1: "))
      << error_of("{\n  \"family\": \"web\",\n}");
}

TEST(Parse, an_empty_file_is_reported) {
  EXPECT_NE(error_of(" \n").find("empty"), std::string::npos);
}

TEST(Parse, a_list_of_containers_is_told_where_it_belongs) {
  EXPECT_NE(error_of("[]").find("containerDefinitions"), std::string::npos);
}

TEST(Parse, a_file_above_the_limit_is_refused) {
  EXPECT_NE(error_of(std::string(limits::kTaskDefinitionFile + 1, ' ')).find("bytes"),
            std::string::npos);
}

TEST(Parse, deep_nesting_is_refused) { EXPECT_FALSE(parse("{\"a\":" + std::string(100000, '['))); }

}  // namespace
}  // namespace drydock::taskdef
