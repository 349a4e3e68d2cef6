#include "runtime/bundle/env_file.h"

#include <gtest/gtest.h>

#include "runtime/s3_objects.h"

namespace drydock::runtime {
namespace {

using taskdef::KeyValue;
using Variables = std::vector<KeyValue>;

Variables parsed(std::string_view text) { return parse_env_file(text).value(); }

// The table of firelens-and-lifecycle.md C2.
TEST(EnvFile, EachLineIsReadAsEcsReadsIt) {
  EXPECT_EQ(parsed("#K=V\n"), Variables{});
  EXPECT_EQ(parsed(" # x=1\n"), (Variables{{" # x", "1"}}));
  EXPECT_EQ(parsed("no equals\n\n=V\n"), Variables{});
  EXPECT_EQ(parsed("K=a=b"), (Variables{{"K", "a=b"}}));
  EXPECT_EQ(parsed("K="), (Variables{{"K", ""}}));
  EXPECT_EQ(parsed("K = V\n"), (Variables{{"K ", " V"}}));
  EXPECT_EQ(parsed("K=\"v\"\n"), (Variables{{"K", "\"v\""}}));
  EXPECT_EQ(parsed("export K=V\n"), (Variables{{"export K", "V"}}));
  EXPECT_EQ(parsed("K=$OTHER\nL=V   \n"), (Variables{{"K", "$OTHER"}, {"L", "V   "}}));
  EXPECT_EQ(parsed("\xef\xbb\xbfK=V"), (Variables{{"\xef\xbb\xbfK", "V"}}));
}

TEST(EnvFile, OneCarriageReturnBeforeTheEndIsDropped) {
  EXPECT_EQ(parsed("K=V\r\nL=W\r\r\nM=X\r"), (Variables{{"K", "V"}, {"L", "W\r"}, {"M", "X"}}));
}

TEST(EnvFile, TheLastOfTwoLinesWithOneNameWins) {
  EXPECT_EQ(parsed("A=1\nB=2\nA=3\n"), (Variables{{"A", "3"}, {"B", "2"}}));
}

TEST(EnvFile, ALineThatIsTooLongOrHasANulIsNamed) {
  const auto longest = parse_env_file("A=1\nB=" + std::string(70000, 'x'));
  ASSERT_FALSE(longest);
  EXPECT_NE(longest.error().message.find("line 2: bufio.Scanner: token too long"),
            std::string::npos);
  const auto nul = parse_env_file(std::string_view("A=\0", 3));
  ASSERT_FALSE(nul);
  EXPECT_NE(nul.error().message.find("NUL"), std::string::npos);
}

TEST(S3Objects, NamesAreArnsOrBucketAndKey) {
  EXPECT_EQ(s3_object_name("arn:aws:s3:::b/k/x.env"), "b/k/x.env");
  EXPECT_EQ(s3_object_name("arn:aws-cn:s3:::b/x.env"), "b/x.env");
  EXPECT_EQ(s3_object_name("b"), "b/");
  EXPECT_EQ(s3_object_name("arn:aws:sqs:::b"), std::nullopt);
  EXPECT_EQ(s3_object_name("/b/k"), std::nullopt);
  EXPECT_EQ(s3_object_name(""), std::nullopt);
}

TEST(S3Objects, TheLongestNameThatFitsCounts) {
  const S3Objects objects = {
      {"b/", "/all"}, {"b/dev/", "/dev"}, {"b/dev/one.env", "/one"}, {"c/x.env", "/x"}};
  EXPECT_EQ(s3_object_file(objects, "b/dev/one.env"), "/one");
  EXPECT_EQ(s3_object_file(objects, "b/dev/two.env"), "/dev/two.env");
  EXPECT_EQ(s3_object_file(objects, "b/prod/two.env"), "/all/prod/two.env");
  EXPECT_EQ(s3_object_file(objects, "c/y.env").error().code, Errc::kNotFound);
}

TEST(S3Objects, AFolderIsNoObject) {
  const S3Objects objects = {{"b/", "/all"}, {"b/dev/", "/dev"}};
  for (const char* name : {"b/", "b/dev/", "b/other/"})
    EXPECT_EQ(s3_object_file(objects, name).error().code, Errc::kNotFound) << name;
  EXPECT_EQ(s3_file({}, objects, "arn:aws:s3:::b").error().code, Errc::kNotFound);
}

TEST(S3Objects, AKeyDoesNotLeaveItsFolder) {
  EXPECT_EQ(s3_object_file({{"b/", "/all"}}, "b/../etc/shadow.env").error().code, Errc::kInvalid);
}

}  // namespace
}  // namespace drydock::runtime
