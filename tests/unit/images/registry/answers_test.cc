#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "images/registry/answer.h"
#include "images/registry/challenge.h"
#include "images/registry/document.h"
#include "images/registry/url.h"

namespace drydock::images::registry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

TEST(Challenges, QuotedCommasBelongToTheParameter) {
  const auto all =
      parse_challenges(R"(Bearer realm="https://auth.example/token",service="reg.example",)"
                       R"(scope="repository:a/b:pull,push")");
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].scheme, "bearer");
  EXPECT_THAT(all[0].parameters, UnorderedElementsAre(Pair("realm", "https://auth.example/token"),
                                                      Pair("service", "reg.example"),
                                                      Pair("scope", "repository:a/b:pull,push")));
}

TEST(Challenges, SeveralStandInOneHeader) {
  const auto all = parse_challenges(R"(Negotiate, BASIC Realm = "a \"b\"" , bearer realm=x,)");
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].scheme, "negotiate");
  EXPECT_EQ(all[1].parameter("realm"), "a \"b\"");
  EXPECT_EQ(all[2].parameter("realm"), "x");
  EXPECT_EQ(all[2].parameter("scope"), "");
}

TEST(Challenges, RubbishEndsAndIsBounded) {
  for (const std::string text :
       {"", "=", "\"", "a=\"", ",,,", "\"\"\"", "a b=\\", "= = =", "x \"y"})
    (void)parse_challenges(text);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "a,";
  EXPECT_LE(parse_challenges(many).size(), 16u);
}

TEST(Addresses, AreReadAndComparedWhole) {
  const auto url = parse_url("HTTPS://user:secret@Host.Example:443/p?q=1#f");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->text(), "https://host.example/p?q=1");
  EXPECT_EQ(url->shown(), "https://host.example/p");
  EXPECT_TRUE(same_origin(*url, *parse_url("https://host.example/other")));
  EXPECT_FALSE(same_origin(*url, *parse_url("https://host.example:444/p")));
  EXPECT_FALSE(same_origin(*url, *parse_url("http://host.example:443/p")));
  EXPECT_EQ(resolve_url(*url, "/x?y")->text(), "https://host.example/x?y");
  EXPECT_EQ(resolve_url(*url, "//other/x")->text(), "https://other/x");
  EXPECT_EQ(parse_url("http://[::1]:5000/")->host_port(), "[::1]:5000");
  for (const char* bad : {"ftp://host/", "file:///etc/passwd", "", "http://", "http://h:99999/"})
    EXPECT_FALSE(parse_url(bad)) << bad;
}

TEST(Addresses, PlainHttpIsForLoopbackAndForWhatIsNamed) {
  const std::vector<std::string> named = {"nas", "nas2:5000"};
  for (const char* yes : {"http://localhost:1/", "http://127.9.9.9/", "http://[::1]/",
                          "http://nas:77/", "http://nas2:5000/"})
    EXPECT_TRUE(may_be_plain(*parse_url(yes), named)) << yes;
  for (const char* no : {"http://nas2:5001/", "http://localhost.evil/", "http://128.0.0.1/"})
    EXPECT_FALSE(may_be_plain(*parse_url(no), named)) << no;
}

TEST(Answers, TellTheRegistrysOwnWordsWithoutControlCharacters) {
  Answer answer{
      404, {}, R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"no\u001b[31m\nhere"}]})"};
  const Error error = error_of_answer(answer, "app:1");
  EXPECT_EQ(error.code, Errc::kNotFound);
  EXPECT_EQ(error.message, "app:1: not found (MANIFEST_UNKNOWN: no [31m here)");
}

TEST(Answers, AreClassifiedByStatusAndCode) {
  const auto code = [](int status, const std::string& body) {
    return error_of_answer({status, {}, body}, "x").code;
  };
  EXPECT_EQ(code(429, "slow down"), Errc::kLimited);
  EXPECT_EQ(code(400, R"({"errors":[{"code":"toomanyrequests"}]})"), Errc::kLimited);
  EXPECT_EQ(code(401, ""), Errc::kDenied);
  EXPECT_EQ(code(400, R"({"errors":[{"code":"DENIED"}]})"), Errc::kDenied);
  EXPECT_EQ(code(400, R"({"errors":[{"code":"NAME_UNKNOWN"}]})"), Errc::kNotFound);
  EXPECT_EQ(code(500, R"({"errors":"x"})"), Errc::kSystem);
  EXPECT_EQ(code(500, R"([[[)"), Errc::kSystem);
}

TEST(Answers, LongTextsAreCutBetweenCharacters) {
  EXPECT_EQ(printable("abc", 3), "abc");
  EXPECT_EQ(printable("a\u00e4b", 2), "a...");
  const std::string body = R"({"errors":[{"message":")" + std::string(100'000, 'x') + "\"}]}";
  EXPECT_LT(error_of_answer({500, {}, body}, "x").message.size(), 500u);
}

TEST(RetryAfter, IsSecondsOrADate) {
  EXPECT_EQ(parse_retry_after("7", 0), std::chrono::seconds(7));
  EXPECT_EQ(parse_retry_after("Thu, 01 Jan 1970 00:01:00 GMT", 50), std::chrono::seconds(10));
  EXPECT_EQ(parse_retry_after("Thu, 01 Jan 1970 00:01:00 GMT", 90), std::chrono::seconds(0));
  EXPECT_FALSE(parse_retry_after("soon", 0));
  EXPECT_LE(*parse_retry_after("18446744073709551615", 0), std::chrono::seconds(1 << 30));
}

TEST(ContentRanges, AreReadStrictly) {
  const auto range = parse_content_range("bytes 5-9/10");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->first, 5u);
  EXPECT_EQ(range->last, 9u);
  EXPECT_EQ(range->total, 10u);
  EXPECT_FALSE(parse_content_range("bytes 5-9/*")->total);
  for (const char* bad : {"", "bytes */10", "bytes 9-5/10", "bytes 5-9", "5-9/10", "bytes -9/10",
                          "bytes 5-9/x", "bytes 5/9-10", "bytes 5-99999999999999999999/10"})
    EXPECT_FALSE(parse_content_range(bad)) << bad;
}

TEST(Tokens, AreTakenUnderBothNamesAndNeverWithALineBreak) {
  EXPECT_EQ(parse_token(R"({"token":"a.b","expires_in":300})")->text, "a.b");
  EXPECT_EQ(parse_token(R"({"access_token":"c"})")->text, "c");
  EXPECT_EQ(parse_token(R"({"token":"a","expires_in":-5})")->lasts, std::chrono::seconds(60));
  for (const char* bad :
       {"", "[]", "{}", R"({"token":""})", R"({"token":"a\r\nX: y"})", R"({"token":7})"})
    EXPECT_FALSE(parse_token(bad)) << bad;
}

TEST(Documents, TheDigestIsComputedNotBelieved) {
  const std::string text = R"({"schemaVersion":2,"manifests":[]})";
  const auto document = check_document(text, "application/vnd.oci.image.index.v1+json", "");
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_EQ(document->digest.size(), 71u);
  EXPECT_TRUE(check_document(text, "", document->digest));
  const auto other = check_document(text + " ", "", document->digest);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Errc::kInvalid);
}

TEST(Documents, TheTypeComesFromTheHeaderTheTextOrTheShape) {
  const std::string index = R"({"manifests":[]})";
  EXPECT_EQ(check_document(index, "application/json", "")->media_type, kOciIndex);
  EXPECT_EQ(
      check_document(
          R"({"layers":[],"mediaType":"application/vnd.docker.distribution.manifest.v2+json"})",
          "text/plain; charset=utf-8", "")
          ->media_type,
      "application/vnd.docker.distribution.manifest.v2+json");
  EXPECT_FALSE(check_document(index, kOciManifest, ""));
  EXPECT_FALSE(check_document(R"({"layers":[],"manifests":[]})", kOciManifest, ""));
  EXPECT_FALSE(check_document("<html>", "text/html", ""));
  EXPECT_EQ(check_document(R"({"schemaVersion":1,"fsLayers":[]})", "", "").error().code,
            Errc::kUnsupported);
}

}  // namespace
}  // namespace drydock::images::registry
