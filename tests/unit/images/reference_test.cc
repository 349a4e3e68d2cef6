#include "images/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drydock::images {
namespace {

using ::testing::HasSubstr;

std::string full(const std::string& text) {
  auto r = parse_reference(text);
  return r ? r->text() : "error: " + r.error().message;
}
std::string familiar(const std::string& text) {
  auto r = parse_reference(text);
  return r ? r->familiar() : "error: " + r.error().message;
}

const std::string kHash = "sha256:" + std::string(64, 'a');

TEST(Reference, FillsInWhatATaskDefinitionLeavesOut) {
  EXPECT_EQ(full("busybox"), "docker.io/library/busybox:latest");
  EXPECT_EQ(full("busybox:1.36"), "docker.io/library/busybox:1.36");
  EXPECT_EQ(full("drydock/example"), "docker.io/drydock/example:latest");
  EXPECT_EQ(full("docker.io/busybox"), "docker.io/library/busybox:latest");
  EXPECT_EQ(full("index.docker.io/library/busybox"), "docker.io/library/busybox:latest");
  EXPECT_EQ(full("busybox@" + kHash), "docker.io/library/busybox@" + kHash);
  EXPECT_EQ(full("busybox:1@" + kHash), "docker.io/library/busybox:1@" + kHash);
}

TEST(Reference, KnowsARegistryByDotPortCaseOrLocalhost) {
  EXPECT_EQ(full("localhost/a"), "localhost/a:latest");
  EXPECT_EQ(full("localhost:5000/a/b:t"), "localhost:5000/a/b:t");
  EXPECT_EQ(full("registry:80/a"), "registry:80/a:latest");
  EXPECT_EQ(full("[::1]:5000/a"), "[::1]:5000/a:latest");
  EXPECT_EQ(full("HOST/a"), "HOST/a:latest");
  EXPECT_EQ(full("public.ecr.aws/nginx/nginx:1"), "public.ecr.aws/nginx/nginx:1");
  EXPECT_EQ(full("123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/web:2.4"),
            "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/web:2.4");
  EXPECT_EQ(full("notahost/a/b"), "docker.io/notahost/a/b:latest");
}

TEST(Reference, FamiliarFormIsWhatPeopleWrite) {
  EXPECT_EQ(familiar("docker.io/library/busybox:latest"), "busybox:latest");
  EXPECT_EQ(familiar("drydock/example"), "drydock/example:latest");
  EXPECT_EQ(familiar("localhost:5000/a:t"), "localhost:5000/a:t");
  EXPECT_EQ(familiar("library/a/b"), "library/a/b:latest")
      << "reading it again must give the same name";
  EXPECT_EQ(familiar("docker.io/host.example/a"), "docker.io/host.example/a:latest");
  EXPECT_EQ(full(familiar("library/a/b")), full("library/a/b"));
}

TEST(Reference, RefusesWhatIsNotANameAndSaysWhy) {
  EXPECT_THAT(full(""), HasSubstr("is empty"));
  EXPECT_THAT(full("Busybox"), HasSubstr("must be lower case"));
  EXPECT_THAT(full("busybox:"), HasSubstr("tag"));
  EXPECT_THAT(full("busybox:" + std::string(129, 'a')), HasSubstr("1 to 128"));
  EXPECT_THAT(full("busybox@sha256:abc"), HasSubstr("64 lower-case hex digits"));
  EXPECT_THAT(full("a//b"), HasSubstr("not allowed"));
  EXPECT_THAT(full("-a"), HasSubstr("not allowed"));
  EXPECT_THAT(full("a..b"), HasSubstr("not allowed"));
  EXPECT_THAT(full("a___b"), HasSubstr("not allowed"));
  EXPECT_THAT(full("host.example:99999/a"), HasSubstr("registry"));
  EXPECT_THAT(full("host..example/a"), HasSubstr("registry"));
  EXPECT_THAT(full(std::string(250, 'a')), HasSubstr("longer than 255"));
  EXPECT_THAT(full(std::string(5000, 'a')), HasSubstr("longer than 1024"));
  EXPECT_THAT(full("a\nb c"), HasSubstr("'a?b c'"));
}

TEST(Reference, SeparatorsFollowTheDistributionsRules) {
  EXPECT_EQ(full("x/a.b_c__d---e/f"), "docker.io/x/a.b_c__d---e/f:latest");
  EXPECT_EQ(full("a:_x.y-Z"), "docker.io/library/a:_x.y-Z");
}

}  // namespace
}  // namespace drydock::images
