#include "taskdef/shapes.h"

#include "tests/unit/taskdef/documents.h"

namespace drydock::taskdef {
namespace {

using test::json;

std::vector<Problem> types(std::string_view text) {
  return check_types(json(text), request_shape());
}

TEST(Shapes, a_wrong_json_type_is_named_with_its_path_and_what_was_found) {
  EXPECT_EQ(types(R"({"containerDefinitions": [{}, {"portMappings": {"containerPort": 80}}]})"),
            (std::vector<Problem>{
                {"containerDefinitions[1].portMappings", "SerializationException",
                 "containerDefinitions[1].portMappings: expected a list, found an object"}}));
  EXPECT_EQ(types(R"({"cpu": 256})")[0].message, "cpu: expected a string, found a number");
  EXPECT_EQ(types(R"({"containerDefinitions": [{"memory": "512"}]})")[0].message,
            "containerDefinitions[0].memory: expected a 32-bit integer, found a string");
  EXPECT_EQ(types(R"({"containerDefinitions": [{"essential": "true"}]})")[0].message,
            "containerDefinitions[0].essential: expected true or false, found a string");
  EXPECT_EQ(
      types(R"({"containerDefinitions": [{"logConfiguration": {"options": {"a": true}}}]})")[0]
          .path,
      "containerDefinitions[0].logConfiguration.options.a");
  EXPECT_EQ(types("[]")[0].message, "the request: expected an object, found a list");
}

TEST(Shapes, every_wrong_type_is_reported_but_a_hostile_number_of_them_is_not) {
  EXPECT_EQ(types(R"({"cpu": 1, "memory": 2, "volumes": [3]})").size(), 3u);
  Json many = Json{{"volumes", Json::array()}};
  for (int i = 0; i < 5000; ++i) many["volumes"].push_back(i);
  EXPECT_LE(check_types(many, request_shape()).size(), 100u);
}

TEST(Shapes, integers_keep_to_32_bits_and_have_no_fraction) {
  EXPECT_EQ(types(R"({"containerDefinitions": [{"cpu": 2147483647}]})").size(), 0u);
  EXPECT_EQ(types(R"({"containerDefinitions": [{"cpu": 2147483648}]})").size(), 1u);
  EXPECT_EQ(types(R"({"containerDefinitions": [{"cpu": 0.5}]})").size(), 1u);
  EXPECT_EQ(
      types(R"({"containerDefinitions": [{"ulimits": [{"hardLimit": 9223372036854775807}]}]})")
          .size(),
      0u);
  EXPECT_EQ(
      types(R"({"containerDefinitions": [{"ulimits": [{"hardLimit": 18446744073709551615}]}]})")
          .size(),
      1u);
}

TEST(Shapes, null_means_absent_but_not_inside_a_list) {
  EXPECT_EQ(types(R"({"cpu": null, "containerDefinitions": [{"links": null}]})").size(), 0u);
  EXPECT_EQ(types(R"({"containerDefinitions": [null]})").size(), 1u);
}

TEST(Shapes, a_nul_character_is_refused) {
  EXPECT_EQ(types(R"({"containerDefinitions": [{"command": ["a\u0000b"]}]})")[0].message,
            "containerDefinitions[0].command[0]: the string contains a NUL character");
}

TEST(Shapes, an_unknown_member_is_noted_with_the_one_that_was_meant) {
  auto notes = unknown_members(
      json(R"({"colour": 1, "containerDefinitions": [{"portMappings": [{"ContainerPort": 80}]}]})"),
      request_shape());
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_EQ(notes[0].path, "colour");
  EXPECT_EQ(notes[1].path, "containerDefinitions[0].portMappings[0].ContainerPort");
  EXPECT_NE(notes[1].text.find("did you mean \"containerPort\"?"), std::string::npos);
}

TEST(Shapes, the_canonical_form_has_a_fixed_order_and_only_known_members) {
  EXPECT_EQ(dump_json(canonical(
                json(R"({"memory": "512", "x": 1, "cpu": "256", "family": "f", "volumes": null})"),
                request_shape())),
            R"({"family":"f","cpu":"256","memory":"512"})");
}

// Members of `shape` that `value` lacks anywhere: the test document must stay complete.
void lacking(const Json& value, const Shape& shape, const std::string& path,
             std::vector<std::string>& out) {
  for (const Member& member : shape.members) {
    const Json* child = json_find(value, member.name);
    const std::string here = path + "." + std::string(member.name);
    if (!child) out.push_back(here);
    if (!child || !member.shape) continue;
    if (member.kind == Kind::kStructs && child->empty()) out.push_back(here);
    lacking(member.kind == Kind::kStructs ? (*child)[0] : *child, *member.shape, here, out);
  }
}

TEST(Shapes, the_document_with_every_member_has_every_member_and_is_kept_as_it_is) {
  const Json every = json(test::read_golden("every_member.request.json"));
  std::vector<std::string> missing;
  lacking(every, request_shape(), "", missing);
  EXPECT_EQ(missing, std::vector<std::string>{});
  EXPECT_EQ(check_types(every, request_shape()).size(), 0u);
  EXPECT_EQ(unknown_members(every, request_shape()).size(), 0u);
  EXPECT_EQ(canonical(every, request_shape()), every);
}

}  // namespace
}  // namespace drydock::taskdef
