#include "api/protocol.h"

#include "api/operation.h"
#include "api/shapes.h"
#include "tests/unit/api/api_fixture.h"

namespace drydock::api {
namespace {

using testing::ApiTest;

class Protocol : public ApiTest {};

TEST_F(Protocol, RegionAndAccountComeFromTheCredentialScope) {
  const auto r = call("CreateCluster", {{"clusterName", "x"}}, "AKIDEXAMPLE/20260301/eu-west-3");
  EXPECT_EQ(r.body["cluster"]["clusterArn"], "arn:aws:ecs:eu-west-3:123456789012:cluster/x");
  const auto other =
      call("CreateCluster", {{"clusterName", "x"}}, "000000000042/20260301/eu-west-3");
  EXPECT_EQ(other.body["cluster"]["clusterArn"], "arn:aws:ecs:eu-west-3:000000000042:cluster/x");
  const auto unsigned_one = call("CreateCluster", {{"clusterName", "x"}});
  EXPECT_EQ(unsigned_one.body["cluster"]["clusterArn"],
            "arn:aws:ecs:us-east-1:123456789012:cluster/x");
}

TEST_F(Protocol, AStrangeScopeGivesTheDefaults) {
  for (const char* text : {"AWS4-HMAC-SHA256 Credential=", "AWS4 Credential=a/b",
                           "Credential=a/b/../../x/ecs/q", "Bearer x"}) {
    const auto caller = caller_of({{"authorization", text}}, {"us-east-1", "123456789012", ""});
    EXPECT_EQ(caller.region, "us-east-1") << text;
    EXPECT_EQ(caller.account, "123456789012") << text;
  }
}

TEST_F(Protocol, EveryReplyHasARequestIdAndTheContentType) {
  const auto r = call("ListClusters", Json::object());
  EXPECT_EQ(http::header(r.headers, "x-amzn-requestid").size(), 36u);
  EXPECT_EQ(http::header(r.headers, "content-type"), "application/x-amz-json-1.1");
  const auto bad = call("StopTask", Json::object());
  EXPECT_EQ(http::header(bad.headers, "x-amzn-requestid").size(), 36u);
}

TEST_F(Protocol, AnUnknownOperationIsNamed) {
  const auto r = call("MakeCoffee", Json::object());
  EXPECT_EQ(r.status, 400);
  EXPECT_EQ(r.type(), "UnknownOperationException");
}

TEST_F(Protocol, EveryModelledOperationAnswersAndNeverWith5xx) {
  ASSERT_EQ(modelled_operations().size(), 77u);
  for (const auto name : modelled_operations()) {
    const auto r = call(std::string(name), Json::object());
    EXPECT_LT(r.status, 500) << name;
    if (!find_operation(name)) {
      EXPECT_EQ(r.type(), "UnsupportedFeatureException") << name;
      EXPECT_NE(r.message().find(name), std::string::npos) << r.message();
    }
  }
}

TEST_F(Protocol, BodiesThatAreNotAJsonObjectAreSerializationErrors) {
  for (const char* body : {"{", "[]", "\"x\"", "{}{}", "nul"}) {
    const auto r = call("ListClusters", body);
    EXPECT_EQ(r.status, 400) << body;
    EXPECT_EQ(r.type(), "SerializationException") << body;
  }
  EXPECT_EQ(call("ListClusters", "").status, 200);
}

TEST_F(Protocol, AWrongTypeIsASerializationErrorWithItsPath) {
  auto r = call("RunTask", {{"taskDefinition", 7}});
  EXPECT_EQ(r.type(), "SerializationException");
  EXPECT_EQ(r.message(), "NUMBER_VALUE can not be converted to a String (at taskDefinition)");
  r = call("RunTask", {{"taskDefinition", "x"}, {"count", "2"}});
  EXPECT_EQ(r.message(), "STRING_VALUE can not be converted to an Integer (at count)");
  r = call("RunTask", {{"taskDefinition", "x"}, {"tags", {{"key", "v"}}}});
  EXPECT_EQ(r.message(), "Expected list or null (at tags)");
  r = call("DescribeTasks", {{"tasks", {"a", Json::array()}}});
  EXPECT_EQ(r.message(), "Start of structure or map found where not expected (at tasks[1])");
}

TEST_F(Protocol, ARequiredMemberThatIsMissingIsNamed) {
  EXPECT_EQ(call("RunTask", Json::object()).message(), "TaskDefinition can not be blank.");
  EXPECT_EQ(call("DeleteCluster", {{"cluster", nullptr}}).message(), "Cluster can not be blank.");
}

TEST_F(Protocol, NullAndUnknownMembersAreIgnored) {
  const auto r =
      call("CreateCluster", {{"clusterName", "n"}, {"settings", nullptr}, {"colour", {{"x", 1}}}});
  EXPECT_EQ(r.status, 200);
}

TEST_F(Protocol, AnyPathAndAPlainHealthCheckAreServed) {
  http::Request r;
  r.method = "GET";
  r.path = "/health";
  EXPECT_EQ(send(r).body["status"], "ok");
  r.method = "PUT";
  EXPECT_EQ(send(r).status, 400);
}

TEST(Shapes, EveryOperationRefersToStructuresThatExist) {
  for (const auto name : modelled_operations()) {
    const Operation* o = find_operation(name);
    if (!o || o->input == kUnchecked) continue;
    for (std::size_t at = 0; (at = o->input.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ", at)) !=
                             std::string_view::npos;) {
      const auto end = o->input.find_first_of(",]:* ", at);
      const auto word = o->input.substr(at, end - at);
      const bool type = at >= 2 && (o->input[at - 1] == '[' || o->input[at - 2] == ':');
      if (type) {
        EXPECT_FALSE(structure(word).empty()) << name << ": " << word;
      }
      at = end == std::string_view::npos ? o->input.size() : end;
    }
  }
}

}  // namespace
}  // namespace drydock::api
