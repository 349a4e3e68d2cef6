#include "images/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drydock::images {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kA = "sha256:" + std::string(64, 'a');
const std::string kB = "sha256:" + std::string(64, 'b');

std::string descriptor(const std::string& type, const std::string& digest) {
  return R"({"mediaType":")" + type + R"(","digest":")" + digest + R"(","size":7})";
}
std::string manifest(const std::string& config, const std::string& layers) {
  return R"({"schemaVersion":2,"config":)" + config + R"(,"layers":[)" + layers + "]}";
}
Descriptor on(const std::string& os, const std::string& architecture,
              const std::string& variant = "") {
  Descriptor d;
  d.platform = Platform{os, architecture, variant};
  return d;
}

TEST(Manifest, ReadsOciAndDockerManifests) {
  auto m = parse_manifest(
      manifest(descriptor(std::string(kOciConfig), kA), descriptor("layer+gzip", kB)));
  ASSERT_TRUE(m) << m.error().message;
  EXPECT_EQ(m->media_type, kOciManifest);
  EXPECT_EQ(m->config.digest, kA);
  ASSERT_EQ(m->layers.size(), 1u);
  EXPECT_EQ(m->layers[0].size, 7u);
  EXPECT_TRUE(parse_manifest(
      R"({"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":)" +
      descriptor("application/vnd.docker.container.image.v1+json", kA) + R"(,"layers":[)" +
      descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip", kB) + "]}"));
}

TEST(Manifest, NamesTheMemberThatIsWrong) {
  const auto error = [](const std::string& text) {
    auto m = parse_manifest(text);
    return m ? std::string("no error") : m.error().message;
  };
  const std::string config = descriptor(std::string(kOciConfig), kA);
  EXPECT_THAT(error("[]"), HasSubstr("not a JSON object"));
  EXPECT_THAT(error("{"), HasSubstr("line 1"));
  EXPECT_THAT(error("{}"), HasSubstr("schemaVersion must be 2"));
  EXPECT_THAT(error(R"({"schemaVersion":1})"), HasSubstr("schema version 1"));
  EXPECT_THAT(error(R"({"schemaVersion":2})"), HasSubstr("config must be"));
  EXPECT_THAT(error(manifest(config, "")), HasSubstr("no layers"));
  EXPECT_THAT(error(manifest(config, "1")), HasSubstr("layers[0] must be an object"));
  EXPECT_THAT(error(manifest(config, descriptor("x", "sha256:12"))), HasSubstr("layers[0].digest"));
  EXPECT_THAT(error(manifest(config, R"({"digest":")" + kB + R"(","size":-1})")),
              HasSubstr("layers[0].size"));
  EXPECT_THAT(error(manifest(descriptor("application/vnd.cncf.helm.config.v1+json", kA),
                             descriptor("x", kB))),
              HasSubstr("not a container image"));
  EXPECT_THAT(error(manifest(config, descriptor("layer+encrypted", kB))),
              HasSubstr("is encrypted"));
  std::string many = descriptor("x", kB);
  for (int i = 0; i < 127; ++i) many += "," + descriptor("x", kB);
  EXPECT_THAT(error(manifest(config, many)), HasSubstr("128 layers, more than 127"));
}

TEST(Config, ReadsEverythingARunNeeds) {
  auto c = parse_config(
      R"({"architecture":"arm64","variant":"v8","os":"linux","created":"2024-01-01T00:00:00Z",
    "config":{"Entrypoint":["/e"],"Cmd":["a","b"],"Env":["X=1"],"User":"1000:1000","WorkingDir":"/w","StopSignal":"SIGINT",
      "Volumes":{"/v":{}},"ExposedPorts":{"80/tcp":{},"53/udp":{}},"Labels":{"k":"v"},"Healthcheck":{"Test":["NONE"]}},
    "rootfs":{"type":"layers","diff_ids":[")" +
      kA + R"("]},"history":[]})");
  ASSERT_TRUE(c) << c.error().message;
  EXPECT_EQ(c->platform.text(), "linux/arm64/v8");
  ASSERT_TRUE(c->created);
  EXPECT_EQ(rfc3339_short(*c->created), "2024-01-01T00:00:00Z");
  EXPECT_THAT(c->config.entrypoint, ElementsAre("/e"));
  EXPECT_THAT(c->config.cmd, ElementsAre("a", "b"));
  EXPECT_THAT(c->config.env, ElementsAre("X=1"));
  EXPECT_EQ(c->config.user, "1000:1000");
  EXPECT_EQ(c->config.working_dir, "/w");
  EXPECT_EQ(c->config.stop_signal, "SIGINT");
  EXPECT_THAT(c->config.volumes, ElementsAre("/v"));
  EXPECT_THAT(c->config.exposed_ports, ElementsAre("53/udp", "80/tcp"));
  EXPECT_EQ(c->config.labels.at("k"), "v");
  EXPECT_THAT(c->diff_ids, ElementsAre(kA));
}

TEST(Config, NullsCountAsAbsent) {
  auto c = parse_config(
      R"({"config":{"Entrypoint":null,"Cmd":null,"Volumes":null,"Labels":null},"rootfs":{"diff_ids":null}})");
  ASSERT_TRUE(c) << c.error().message;
  EXPECT_EQ(c->platform.os, "linux");
  EXPECT_THAT(c->config.cmd, IsEmpty());
}

TEST(Config, RefusesOtherShapesAndSystems) {
  EXPECT_THAT(parse_config(R"({"config":{"Cmd":"sh"},"rootfs":{}})").error().message,
              HasSubstr("config: Cmd must be"));
  EXPECT_THAT(parse_config(R"({"config":{"Env":[1]},"rootfs":{}})").error().message,
              HasSubstr("config: Env"));
  EXPECT_THAT(parse_config(R"({"os":"windows","rootfs":{}})").error().message,
              HasSubstr("only linux"));
  EXPECT_THAT(parse_config("{}").error().message, HasSubstr("rootfs"));
  EXPECT_THAT(parse_config(R"({"rootfs":{"diff_ids":["md5:1"]}})").error().message,
              HasSubstr("diff_ids"));
}

TEST(Platform, TheBestEntryOfAnIndexIsChosen) {
  const Platform host{"linux", "arm", "v7"};
  EXPECT_EQ(choose_platform(
                {on("linux", "amd64"), on("linux", "arm", "v6"), on("linux", "arm", "v7")}, host),
            2u);
  EXPECT_EQ(choose_platform({on("windows", "arm"), on("linux", "arm", "v6")}, host), 1u);
  EXPECT_EQ(choose_platform({on("unknown", "unknown"), Descriptor{}}, host), 1u);
  EXPECT_EQ(choose_platform({on("linux", "amd64")}, host), std::nullopt);
  EXPECT_EQ(choose_platform({}, host), std::nullopt);
}

TEST(Platform, AttestationsAreNoImages) {
  EXPECT_TRUE(is_attestation(on("unknown", "unknown")));
  Descriptor d = on("linux", "amd64");
  EXPECT_FALSE(is_attestation(d));
  d.annotations["vnd.docker.reference.type"] = "attestation-manifest";
  EXPECT_TRUE(is_attestation(d));
}

TEST(DockerArchive, ReadsItsListOfImages) {
  auto images = parse_docker_archive(
      R"([{"Config":"c.json","RepoTags":["a:1","b:2"],"Layers":["l/layer.tar"]},{"Config":"d.json","RepoTags":null,"Layers":["x"]}])");
  ASSERT_TRUE(images) << images.error().message;
  ASSERT_EQ(images->size(), 2u);
  EXPECT_THAT((*images)[0].names, ElementsAre("a:1", "b:2"));
  EXPECT_THAT((*images)[1].names, IsEmpty());
  EXPECT_FALSE(parse_docker_archive("{}"));
  EXPECT_FALSE(parse_docker_archive(R"([{"Layers":["x"]}])"));
  EXPECT_FALSE(parse_docker_archive(R"([{"Config":"c","Layers":[]}])"));
}

TEST(DockerArchive, TheManifestMadeForItIsAlwaysTheSame) {
  Descriptor config;
  config.media_type = kOciConfig;
  config.digest = kA;
  config.size = 1;
  const std::string text = manifest_text(config, {config, config});
  EXPECT_EQ(text, manifest_text(config, {config, config}));
  auto parsed = parse_manifest(text);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->layers.size(), 2u);
}

}  // namespace
}  // namespace drydock::images
