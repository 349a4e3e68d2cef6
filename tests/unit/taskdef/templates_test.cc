#include <nlohmann/json.hpp>

#include "taskdef/templates/templates.h"

#include <gmock/gmock.h>

#include "tests/unit/taskdef/documents.h"

namespace drydock::taskdef::templates {
namespace {

using test::expect_golden;
using test::json;
using test::read_golden;
using ::testing::HasSubstr;

Settings with(std::map<std::string, std::string> parameters = {}) {
  Settings out;
  out.parameters = std::move(parameters);
  out.stack = "shop";
  return out;
}

// A template whose one task definition has one container with the image `expression`.
Json with_image(const std::string& expression, const std::string& more = "{}") {
  Json document = json(R"({"Resources": {"Web": {"Type": "AWS::ECS::TaskDefinition", "Properties": {
    "Family": "web", "ContainerDefinitions": [{"Name": "app", "Image": )" +
                       expression + R"(}]}}}})");
  document.merge_patch(json(more));
  return document;
}

// The image it comes to, or the error.
std::string image(const std::string& expression, const std::string& more = "{}",
                  std::map<std::string, std::string> parameters = {}) {
  const auto content =
      read_cloudformation(with_image(expression, more), with(std::move(parameters)));
  if (!content) return content.error().message;
  const auto& request = content->definitions.at(0).request;
  if (!request) return request.error().message;
  const Json& container = (*request)["containerDefinitions"][0];
  return json_string(container, "image", "(none)");
}

TEST(Templates, AYamlTemplateComesToTheGoldenDocuments) {
  const auto document = read_document(read_golden("templates/shop.input.yaml"));
  ASSERT_TRUE(document) << document.error().message;
  ASSERT_EQ(format_of(*document), Format::kCloudFormation);
  const auto content = read_cloudformation(*document, with({{"ImageTag", "v2"}}));
  ASSERT_TRUE(content) << content.error().message;
  Json all = Json::object();
  for (const auto& one : content->definitions) {
    ASSERT_TRUE(one.request) << one.request.error().message;
    EXPECT_EQ(test::answer(*one.request), "") << one.name;
    all["definitions"][one.name] = *one.request;
  }
  for (const auto& one : content->services) {
    ASSERT_TRUE(one.request) << one.request.error().message;
    all["services"][one.name] = *one.request;
    all["services"][one.name]["taskDefinition"] = one.definition;
  }
  all["notes"] = content->notes;
  expect_golden("templates/shop.json", pretty_json(all) + "\n");
}

TEST(Templates, APlanOfTerraformComesToTheGoldenDocuments) {
  const Json document = json(read_golden("templates/plan.input.json"));
  ASSERT_EQ(format_of(document), Format::kTerraform);
  const auto content = read_terraform(document, with());
  ASSERT_TRUE(content) << content.error().message;
  ASSERT_EQ(content->definitions.size(), 2u);
  ASSERT_TRUE(content->definitions[0].request) << content->definitions[0].request.error().message;
  ASSERT_EQ(content->services.size(), 1u);
  ASSERT_TRUE(content->services[0].request) << content->services[0].request.error().message;
  EXPECT_EQ(test::answer(*content->definitions[0].request), "");
  expect_golden("templates/plan.json",
                pretty_json(Json{{"definition", *content->definitions[0].request},
                                 {"service", *content->services[0].request},
                                 {"runs", content->services[0].definition}}) +
                    "\n");
}

TEST(Templates, WhatAPlanDoesNotKnowIsNamedAndCanBeGiven) {
  const Json document = json(read_golden("templates/plan.input.json"));
  const std::string address = "module.worker.aws_ecs_task_definition.worker[0]";
  const auto content = read_terraform(document, with());
  ASSERT_TRUE(content);
  ASSERT_FALSE(content->definitions[1].request);
  EXPECT_EQ(content->definitions[1].request.error().message,
            address +
                ".container_definitions: known only after an apply, for it refers to "
                "aws_sqs_queue.q, aws_sqs_queue.q.url; give it with --parameter '" +
                address + ".container_definitions=VALUE'");
  const auto given =
      read_terraform(document, with({{address + ".container_definitions",
                                      R"([{"name": "worker", "image": "x", "memory": 64}])"}}));
  ASSERT_TRUE(given && given->definitions[1].request);
  EXPECT_EQ((*given->definitions[1].request)["containerDefinitions"][0]["image"], "x");
}

TEST(Templates, FunctionsGiveWhatTheyGiveOnAws) {
  EXPECT_EQ(image(R"("nginx")"), "nginx");
  EXPECT_EQ(image(R"({"Ref": "AWS::Region"})"), "us-east-1");
  EXPECT_EQ(image(R"({"Fn::Sub": "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/a"})"),
            "123456789012.dkr.ecr.us-east-1.amazonaws.com/a");
  EXPECT_EQ(image(R"({"Fn::Sub": ["${A}-${!B}-$", {"A": {"Ref": "AWS::Partition"}}]})"),
            "aws-${B}-$");
  EXPECT_EQ(
      image(R"({"Fn::Join": [":", ["a", {"Fn::Select": ["1", {"Fn::Split": ["/", "x/y/z"]}]}]]})"),
      "a:y");
  EXPECT_EQ(image(R"({"Fn::Select": [0, {"Fn::GetAZs": ""}]})"), "us-east-1a");
  EXPECT_EQ(image(R"({"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "k"]})",
                  R"({"Mappings": {"M": {"us-east-1": {"k": "v"}}}})"),
            "v");
  EXPECT_EQ(image(R"({"Fn::Base64": "ab"})"), "YWI=");
  EXPECT_EQ(image(R"({"Ref": "AWS::NoValue"})"), "(none)");
  EXPECT_EQ(
      image(
          R"({"Fn::Join": ["", [{"Ref": "Repo"}, "@", {"Fn::GetAtt": ["Repo", "RepositoryUri"]}]]})",
          R"({"Resources": {"Repo": {"Type": "AWS::ECR::Repository"}}})"),
      "shop-repo@123456789012.dkr.ecr.us-east-1.amazonaws.com/shop-repo");
}

TEST(Templates, ConditionsDecideValuesAndResources) {
  const std::string conditions = R"({"Parameters": {"Env": {"Type": "String", "Default": "test"}},
    "Conditions": {"Prod": {"Fn::Equals": [{"Ref": "Env"}, "prod"]},
                   "Any": {"Fn::Or": [{"Condition": "Prod"}, {"Fn::Not": [{"Condition": "Prod"}]}]},
                   "Both": {"Fn::And": [{"Condition": "Prod"}, {"Condition": "Any"}]}}})";
  const std::string chosen = R"({"Fn::If": ["Both", "a", "b"]})";
  EXPECT_EQ(image(chosen, conditions), "b");
  EXPECT_EQ(image(chosen, conditions, {{"Env", "prod"}}), "a");
  Json document = with_image("\"x\"", conditions);
  document["Resources"]["Web"]["Condition"] = "Prod";
  const auto content = read_cloudformation(document, with());
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, Errc::kNotFound);
}

TEST(Templates, AnUnresolvedReferenceNamesItsPlaceAndItsFlag) {
  const std::string place = "Web.ContainerDefinitions[0].Image: ";
  EXPECT_EQ(image(R"({"Ref": "Tag"})", R"({"Parameters": {"Tag": {"Type": "String"}}})"),
            place + "the parameter Tag has no default; give it with --parameter 'Tag=VALUE'");
  EXPECT_EQ(
      image(R"({"Fn::GetAtt": ["Db", "Endpoint.Address"]})",
            R"({"Resources": {"Db": {"Type": "AWS::RDS::DBInstance"}}})"),
      place +
          "Fn::GetAtt Db.Endpoint.Address is known only where the AWS::RDS::DBInstance exists; "
          "give it with --parameter 'Db.Endpoint.Address=VALUE'");
  EXPECT_EQ(image(R"({"Fn::ImportValue": "net-vpc"})"),
            place +
                "Fn::ImportValue net-vpc is an output of another stack; give it with --parameter "
                "'net-vpc=VALUE'");
  EXPECT_EQ(image(R"("{{resolve:ssm:/image}}")"),
            place +
                "the dynamic reference {{resolve:ssm:/image}} is not looked up here; give it with "
                "--parameter 'resolve:ssm:/image=VALUE'");
  EXPECT_EQ(image(R"("{{resolve:ssm:/image}}:1")", "{}", {{"resolve:ssm:/image", "nginx"}}),
            "nginx:1");
  EXPECT_EQ(image(R"({"Fn::GetAtt": "Db.Name"})", R"({"Resources": {"Db": {"Type": "X"}}})",
                  {{"Db.Name", "d"}}),
            "d");
  EXPECT_THAT(image(R"({"Ref": "Nobody"})"), HasSubstr("nothing in the template is called Nobody"));
  EXPECT_THAT(image(R"({"Fn::Transform": {}})"), HasSubstr("Fn::Transform is not known here"));
  EXPECT_THAT(image(R"({"Ref": "P"})",
                    R"({"Parameters": {"P": {"AllowedValues": ["a", "b"], "Default": "a"}}})",
                    {{"P", "c"}}),
              HasSubstr("may be [\"a\",\"b\"], and is \"c\""));
}

TEST(Templates, WhatNobodyRefersToIsSaid) {
  const auto content = read_cloudformation(with_image("\"x\""), with({{"Typo", "1"}}));
  ASSERT_TRUE(content);
  EXPECT_EQ(content->notes,
            std::vector<std::string>{"--parameter Typo: nothing that was read refers to it"});
}

TEST(Templates, CirclesAndBombsEnd) {
  EXPECT_THAT(
      image(
          R"({"Ref": "A"})",
          R"({"Resources": {"A": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": {"Ref": "B"}}},
                       "B": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": {"Ref": "A"}}}}})"),
      HasSubstr("goes round in circles"));
  Json bomb = with_image(R"({"Ref": "R0"})");
  for (int i = 0; i < 40; ++i) {
    const std::string next = "${R" + std::to_string(i + 1) + "}";
    bomb["Resources"]["R" + std::to_string(i)] = {
        {"Type", "AWS::IAM::Role"}, {"Properties", {{"RoleName", {{"Fn::Sub", next + next}}}}}};
  }
  bomb["Resources"]["R40"] = {{"Type", "AWS::IAM::Role"}, {"Properties", {{"RoleName", "x"}}}};
  const auto content = read_cloudformation(bomb, with());
  ASSERT_TRUE(content);
  ASSERT_FALSE(content->definitions[0].request);
  EXPECT_THAT(content->definitions[0].request.error().message, HasSubstr("becomes too large"));
}

TEST(TemplateYaml, ShortTagsAndScalarsAreRead) {
  const auto document = read_document(R"(
a: !Ref X
b: !GetAtt R.Arn.More
c: !Sub "${X}"
d: !Join ["-", [x, !Ref Y]]
e: !If [C, 1, !Ref "AWS::NoValue"]
f: !Condition C
n: 256
z: 012345678901
q: "256"
t: true
v: 1.0
w:
)");
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_EQ(*document, json(R"({"a": {"Ref": "X"}, "b": {"Fn::GetAtt": ["R", "Arn.More"]},
    "c": {"Fn::Sub": "${X}"}, "d": {"Fn::Join": ["-", ["x", {"Ref": "Y"}]]},
    "e": {"Fn::If": ["C", 1, {"Ref": "AWS::NoValue"}]}, "f": {"Condition": "C"}, "n": 256,
    "z": "012345678901", "q": "256", "t": true, "v": "1.0", "w": null})"));
}

TEST(TemplateYaml, ErrorsHaveTheirPlace) {
  const auto error_of = [](std::string_view text) {
    const auto document = read_document(text);
    return document ? std::string() : document.error().message;
  };
  EXPECT_THAT(error_of("a: 1\nb: [1\n"), HasSubstr("line "));
  EXPECT_THAT(error_of("a: 1\na: 2\n"),
              HasSubstr("line 2, column 1: the key \"a\" is given twice"));
  EXPECT_THAT(error_of("? [a, b]\n: 1\n"),
              HasSubstr("a key must be a plain text, not a list or a map"));
  EXPECT_THAT(error_of("{\"a\": }"), HasSubstr("line 1, column"));
  std::string bomb = "a0: &a0 [x]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " + before +
            ", " + before + "]\n";
  }
  EXPECT_THAT(error_of(bomb), HasSubstr("values"));
  EXPECT_FALSE(read_document(std::string(kTemplateBytes + 1, 'a')));
}

TEST(TemplateFormats, AreKnownByTheirMembers) {
  EXPECT_EQ(format_of(json(R"({"family": "web", "containerDefinitions": []})")),
            Format::kTaskDefinition);
  EXPECT_EQ(format_of(json(R"({"taskDefinition": {}})")), Format::kTaskDefinition);
  EXPECT_EQ(format_of(json(R"({"Resources": {}})")), Format::kCloudFormation);
  EXPECT_EQ(format_of(json(R"({"terraform_version": "1", "values": {}})")), Format::kTerraform);
  EXPECT_EQ(format_of(json(R"({"version": "36", "artifacts": {}})")), Format::kCdkManifest);
  EXPECT_EQ(format_of(json(R"({"services": {}})")), Format::kCompose);
  EXPECT_EQ(format_of(json("[]")), Format::kTaskDefinition);
}

TEST(CdkAssemblies, NameTheirTemplates) {
  const auto all = cdk_templates(json(R"({"version": "36", "artifacts": {
    "Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}},
    "Shop": {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/eu-west-1",
             "properties": {"templateFile": "Shop.template.json", "stackName": "shop-test"}},
    "Prod": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}}}})"));
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ((*all)[0].stack + " " + (*all)[0].file, "shop-test Shop.template.json");
  EXPECT_EQ((*all)[0].region + (*all)[0].account, "eu-west-1");
  EXPECT_TRUE((*all)[1].assembly);
}

TEST(CdkAssemblies, StayInTheirFolder) {
  for (const char* file : {"../x.json", "/etc/passwd", "a/../../x", ""}) {
    const Json manifest = {
        {"artifacts",
         {{"S",
           {{"type", "aws:cloudformation:stack"}, {"properties", {{"templateFile", file}}}}}}}};
    EXPECT_FALSE(cdk_templates(manifest)) << file;
  }
}

}  // namespace
}  // namespace drydock::taskdef::templates
