#include "taskdef/yaml/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace drydock::taskdef {
namespace {

using ::testing::HasSubstr;

Json json(const std::string& text) {
  const auto node = read_yaml(text);
  EXPECT_TRUE(node) << node.error().message;
  return node ? yaml_json(*node) : Json();
}

std::string refusal(const std::string& text, const YamlLimits& limits = {}) {
  const auto node = read_yaml(text, limits);
  return node ? "" : node.error().message;
}

TEST(Yaml, ScalarsAreWhatTheyLookLike) {
  EXPECT_EQ(json("[1, -2, 0x10, 0o17, 1.5, true, False, ~, null, '1', \"true\", yes, 1.2.3, inf]"),
            Json::parse(R"([1, -2, 16, 15, 1.5, true, false, null, null, "1", "true", "yes",
                            "1.2.3", "inf"])"));
  EXPECT_EQ(json(""), Json());
  EXPECT_EQ(json("a: !!str 1"), Json({{"a", "1"}}));
}

TEST(Yaml, AliasesAndMergeKeys) {
  EXPECT_EQ(json("base: &b {x: 1, y: 2}\nmore:\n  <<: *b\n  y: 3\nlist:\n  <<: [*b, {z: 4}]\n"),
            Json::parse(R"({"base": {"x": 1, "y": 2}, "more": {"y": 3, "x": 1},
                            "list": {"x": 1, "y": 2, "z": 4}})"));
  EXPECT_THAT(refusal("a: {<<: 1}"), HasSubstr("<< must name a map"));
  EXPECT_THAT(refusal("a: &a [*a]"), HasSubstr("line 1"));
}

TEST(Yaml, LinesAndTagsAreKept) {
  const auto node = read_yaml("a: 1\nb:\n  - !Ref c\n");
  ASSERT_TRUE(node);
  EXPECT_EQ(node->find("b")->items[0].line, 3);
  EXPECT_EQ(node->find("b")->items[0].tag, "!Ref");
  EXPECT_EQ(node->find("c"), nullptr);
}

TEST(Yaml, BrokenTextNamesItsPlace) {
  EXPECT_THAT(refusal("a: 1\nb: [1, 2\nc: 3\n"), HasSubstr("line "));
  EXPECT_THAT(refusal("a: 1\na: 2\n"), HasSubstr("line 2, column 1: the key \"a\" is given twice"));
  EXPECT_THAT(refusal("a: 1\n---\nb: 2\n"), HasSubstr("a second document begins"));
  EXPECT_THAT(refusal("? [1]\n: 2\n"), HasSubstr("a key must be a plain text"));
}

TEST(Yaml, ASmallTextCannotBecomeALargeDocument) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string alias = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + alias;
    for (int j = 1; j < 10; ++j) bomb += ", " + alias;
    bomb += "]\n";
  }
  EXPECT_THAT(refusal(bomb), HasSubstr("aliases counted as what they stand for"));
  EXPECT_THAT(refusal(std::string(100, '[') + std::string(100, ']')), HasSubstr("64 levels"));
  // Aliases may not get around the depth either.
  std::string deep = "a0: &a0 [x]\n";
  for (int i = 1; i < 100; ++i)
    deep += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) +
            "]\n";
  EXPECT_THAT(refusal(deep), HasSubstr("64 levels"));
  EXPECT_THAT(refusal("abcdef", {.bytes = 5}), HasSubstr("at most 5"));
}

TEST(Yaml, WhatIsWrittenReadsBackTheSame) {
  const Json value = Json::parse(
      R"({"version": "3.4", "plain": "web/app_1", "odd": ["", "a: b", "on", "- x", "12", 12, true, null,
          "tab\t\"q\" \\ ü"], "empty": {}, "none": [], "deep": [{"a": [[1, 2], {"b": "c"}]}, [[]]]})");
  EXPECT_EQ(json(yaml_text(value)), value) << yaml_text(value);
  EXPECT_EQ(yaml_text(value).substr(0, 33), "version: \"3.4\"\nplain: web/app_1\no");
}

}  // namespace
}  // namespace drydock::taskdef
