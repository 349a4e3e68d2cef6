#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "taskdef/validate.h"
#include "tests/unit/golden.h"

namespace drydock::taskdef::test {

// Text of the test itself, so it must be JSON.
inline Json json(std::string_view text) {
  auto value = parse_json(text);
  EXPECT_TRUE(value) << (value ? "" : value.error().message) << "\n" << text;
  return value ? *value : Json();
}

// A Fargate definition that registers; `change` is merged into it (RFC 7396: null removes).
inline Json fargate(std::string_view change = "{}") {
  Json request =
      json(R"({"family": "web", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
    "cpu": "256", "memory": "512", "containerDefinitions": [{"name": "app", "image": "nginx"}]})");
  request.merge_patch(json(change));
  return request;
}

// The same with `members` added to its one container.
inline Json fargate_container(std::string_view members, std::string_view change = "{}") {
  Json request = fargate(change);
  request["containerDefinitions"][0].merge_patch(json(members));
  return request;
}

// An EC2 definition in bridge mode that registers.
inline Json ec2(std::string_view change = "{}") {
  Json request = json(
      R"({"family": "web", "containerDefinitions": [{"name": "app", "image": "nginx", "memory": 64}]})");
  request.merge_patch(json(change));
  return request;
}
inline Json ec2_container(std::string_view members, std::string_view change = "{}") {
  Json request = ec2(change);
  request["containerDefinitions"][0].merge_patch(json(members));
  return request;
}

// The API's answer: "" when the request registers, else the first message.
inline std::string answer(const Json& request, const ValidateOptions& options = {}) {
  auto problems = validate(request, options);
  return problems.empty() ? "" : problems.front().message;
}

inline std::string read_golden(const std::string& name) {
  std::ifstream in(std::string(DRYDOCK_GOLDEN_DIR) + "/taskdef/" + name);
  EXPECT_TRUE(in) << "no golden file " << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void expect_golden(const std::string& name, const std::string& text) {
  expect_golden_text("taskdef/" + name, text);
}

}  // namespace drydock::taskdef::test
