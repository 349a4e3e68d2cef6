#include "api/sts.h"

#include "tests/unit/api/api_fixture.h"

namespace drydock::api {
namespace {

class Sts : public testing::ApiTest {
 protected:
  Sts() { plane->context->local_keys = &keys_; }
  http::Response ask(const std::string& body, const std::string& key = "test") {
    http::Request r;
    r.method = "POST";
    r.path = "/";
    r.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
                 {"Authorization", "AWS4-HMAC-SHA256 Credential=" + key +
                                       "/20260504/us-east-1/sts/aws4_request, Signature=00"}};
    r.body = body;
    return plane->handler(r);
  }
  static std::string element(const std::string& xml, const std::string& name) {
    const std::string tag = "<" + name + ">";
    const auto start = xml.find(tag);
    if (start == std::string::npos) return {};
    return xml.substr(start + tag.size(), xml.find("</", start) - start - tag.size());
  }
  metadata::LocalKeys keys_;
};

TEST_F(Sts, TellsTheHolderOfATasksKeysItsRole) {
  const auto mine = keys_.mint("arn:aws:iam::111122223333:role/pilot", "task1", now());
  const auto r = ask("Action=GetCallerIdentity&Version=2011-06-15", mine.access_key);
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(http::header(r.headers, "Content-Type"), "text/xml");
  EXPECT_EQ(element(r.body, "Arn"), "arn:aws:sts::111122223333:assumed-role/pilot/task1");
  EXPECT_EQ(element(r.body, "Account"), "111122223333");
}

TEST_F(Sts, AnybodyElseIsTheAccount) {
  EXPECT_EQ(element(ask("Action=GetCallerIdentity").body, "Arn"), "arn:aws:iam::123456789012:root");
  EXPECT_EQ(element(ask("Action=GetCallerIdentity", "000000000042").body, "Account"),
            "000000000042");
}

TEST_F(Sts, GivesKeysOfARoleThatItKnowsAfterwards) {
  const auto r =
      ask("Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A444455556666%3Arole%2Fdeep%2Fbook"
          "&RoleSessionName=me%40here&DurationSeconds=900");
  EXPECT_EQ(r.status, 200) << r.body;
  EXPECT_EQ(element(r.body, "SessionToken").size(), 356U);
  const auto who = ask("Action=GetCallerIdentity", element(r.body, "AccessKeyId"));
  EXPECT_EQ(element(who.body, "Arn"), "arn:aws:sts::444455556666:assumed-role/book/me@here");
}

TEST_F(Sts, RefusalsAreXmlAndEscaped) {
  const std::string role = "&RoleArn=arn:aws:iam::444455556666:role/book";
  for (const std::string& body :
       {std::string("Action=AssumeRole&RoleArn=%3Cx%3E&RoleSessionName=me"),
        "Action=AssumeRole&RoleSessionName=x" + role, "Action=AssumeRole" + role,
        "Action=AssumeRole&RoleSessionName=me&DurationSeconds=1" + role,
        std::string("Action=%3CDelete%3E"), std::string("Action")}) {
    const auto r = ask(body);
    EXPECT_EQ(r.status, 400) << body;
    EXPECT_NE(r.body.find("<ErrorResponse"), std::string::npos) << body;
    EXPECT_EQ(r.body.find("<x>"), std::string::npos) << body;
    EXPECT_EQ(r.body.find("<Delete>"), std::string::npos) << body;
  }
}

}  // namespace
}  // namespace drydock::api
