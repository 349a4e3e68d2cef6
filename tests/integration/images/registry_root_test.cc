#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/files.h"
#include "tests/integration/images/registry_fixture.h"

// The client against Debian's docker-registry: open, with a login, with TLS.
namespace drydock::images::registry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class RegistryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/drydock-registry-XXXXXX";
    dir_ = ::mkdtemp(name);
    const RealRegistry open(dir_);
    open.push(image_, "team/app", "1");
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  void expect_pulls(ImageSource& source, const Reference& from) {
    const auto manifest = source.manifest(from, CancelFlag());
    ASSERT_TRUE(manifest) << manifest.error().message;
    EXPECT_EQ(manifest->text, image_.manifest);
    EXPECT_EQ(manifest->digest, image_.digest);
    EXPECT_EQ(manifest->media_type, kOciManifest);
    const auto config = fetch_blob(source, from, image_.config_blob);
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(*config, image_.config);
    const auto layer = fetch_blob(source, from, image_.layer_blob);
    ASSERT_TRUE(layer) << layer.error().message;
    EXPECT_EQ(*layer, image_.layer);
  }

  std::string dir_;
  TinyImage image_ = tiny_image(3'000'000);
};

TEST_F(RegistryTest, TagsAndDigestsArePulledOverPlainHttpFromLoopback) {
  const RealRegistry registry(dir_);
  const std::string name = "localhost:" + std::to_string(registry.port()) + "/team/app";
  expect_pulls(*open_registry(test_options(), {}), reference(name + ":1"));
  expect_pulls(*open_registry(test_options(), {}), reference(name + "@" + image_.digest));
  const auto source = open_registry(test_options(), {});
  for (const std::string& missing :
       {name + ":2", name + "x:1", name + "@sha256:" + std::string(64, '0')}) {
    const auto manifest = source->manifest(reference(missing), CancelFlag());
    ASSERT_FALSE(manifest);
    EXPECT_EQ(manifest.error().code, Errc::kNotFound) << manifest.error().message;
    EXPECT_THAT(manifest.error().message, HasSubstr(missing));
  }
  Descriptor absent = image_.layer_blob;
  absent.digest = "sha256:" + std::string(64, 'a');
  EXPECT_EQ(fetch_blob(*source, reference(name), absent).error().code, Errc::kNotFound);
}

TEST_F(RegistryTest, ALoginIsUsedAndAWrongOneIsDenied) {
  // user:s3cret, made with bcrypt.
  ASSERT_TRUE(write_file_atomic(
      dir_ + "/htpasswd", "user:$2b$04$khgVEUpBz.k8PKbqqMsl0ehhhi7eYUEsPK2foQMKbQiC5ebwrJrC2\n"));
  const RealRegistry registry(dir_, "",
                              "auth: {htpasswd: {realm: r, path: " + dir_ + "/htpasswd}}\n");
  const Reference from = reference("127.0.0.1:" + std::to_string(registry.port()) + "/team/app:1");
  expect_pulls(*open_registry(test_options(), {"user", "s3cret", ""}), from);
  for (const Credentials& bad : {Credentials{}, Credentials{"user", "wr0ng", ""}}) {
    const auto manifest = open_registry(test_options(), bad)->manifest(from, CancelFlag());
    ASSERT_FALSE(manifest);
    EXPECT_EQ(manifest.error().code, Errc::kDenied) << manifest.error().message;
    EXPECT_THAT(manifest.error().message, Not(HasSubstr("wr0ng")));
  }
}

TEST_F(RegistryTest, ACertificateOfOnesOwnCaIsBelievedOnlyFromCertsD) {
  ASSERT_EQ(run("/usr/bin/openssl",
                {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-keyout", dir_ + "/key.pem", "-out", dir_ + "/cert.pem", "-days", "2", "-subj",
                 "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"}),
            0);
  const RealRegistry registry(
      dir_, "  tls: {certificate: " + dir_ + "/cert.pem, key: " + dir_ + "/key.pem}\n");
  const std::string host = "localhost:" + std::to_string(registry.port());
  const Reference from = reference(host + "/team/app:1");
  const auto strange = open_registry(test_options(), {})->manifest(from, CancelFlag());
  ASSERT_FALSE(strange) << "not even loopback";
  EXPECT_THAT(strange.error().message, HasSubstr("certs.d/"));
  Options options = test_options();
  options.certs_dirs = {dir_ + "/certs.d"};
  std::filesystem::create_directories(dir_ + "/certs.d/" + host);
  std::filesystem::copy(dir_ + "/cert.pem", dir_ + "/certs.d/" + host + "/ca.crt");
  expect_pulls(*open_registry(options, {}), from);
}

TEST_F(RegistryTest, AHostWithItsOwnCaIsNeverAskedByPlainHttp) {
  const RealRegistry registry(dir_);
  const std::string host = "localhost:" + std::to_string(registry.port());
  Options options = test_options();
  options.certs_dirs = {dir_ + "/certs.d"};
  std::filesystem::create_directories(dir_ + "/certs.d/" + host);
  std::filesystem::copy("/etc/ssl/certs/ca-certificates.crt",
                        dir_ + "/certs.d/" + host + "/ca.crt");
  EXPECT_FALSE(open_registry(options, {})->manifest(reference(host + "/team/app:1"), CancelFlag()));
}

}  // namespace
}  // namespace drydock::images::registry
