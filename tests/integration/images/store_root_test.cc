#include "images/store.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/files.h"
#include "base/json.h"
#include "base/spawn.h"
#include "images/archive.h"
#include "images/snapshot.h"
#include "tests/integration/images/image_fixture.h"

namespace drydock::images {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class StoreTest : public ImagesRoot {
 protected:
  std::string images_dir() const { return dir_ + "/root/images"; }
  std::string example() {
    const std::string path = dir_ + "/example.tar";
    EXPECT_EQ(run({"/usr/bin/python3", DRYDOCK_EXAMPLE_IMAGE, path}), 0);
    return path;
  }
  void expect_empty_store() {
    EXPECT_THAT(list_dir(images_dir() + "/blobs/sha256"), IsEmpty());
    EXPECT_THAT(list_dir(images_dir() + "/layers"), IsEmpty());
    EXPECT_THAT(list_dir(images_dir() + "/staging"), IsEmpty());
  }
};

TEST_F(StoreTest, TheExampleImageLoadsAndKeepsItsDigest) {
  auto loaded = load_archive_file(store(), example());
  ASSERT_TRUE(loaded) << loaded.error().message;
  ASSERT_THAT(*loaded, SizeIs(1));
  EXPECT_THAT(loaded->front().names, ElementsAre("docker.io/drydock/example:latest"));
  auto image = store().find("drydock/example");
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ((*image)->manifest_digest, loaded->front().manifest_digest);
  EXPECT_THAT((*image)->config.cmd, ElementsAre("serve"));
  EXPECT_THAT((*image)->lower, SizeIs(2));
  EXPECT_EQ((*image)->platform.architecture, host_platform().architecture);
  EXPECT_EQ(
      text(store().layers_dir() + "/" + (*image)->lower[0] + "/var/www/index.html").substr(0, 9),
      "<!doctype");
}

TEST_F(StoreTest, AllKindsOfArchivesMadeBySkopeoGiveTheSameImage) {
  const std::string archive = example();
  const std::string at = dir_ + "/";
  const auto skopeo = [&](const std::string& to) {
    return run({"skopeo", "--insecure-policy", "copy", "-q", "oci-archive:" + archive, to});
  };
  if (skopeo("oci:" + at + "layout:docker.io/drydock/layout:1") == 127)
    GTEST_SKIP() << "skopeo is not installed";
  ASSERT_EQ(skopeo("docker-archive:" + at + "docker.tar:drydock/docker:1"), 0);
  ASSERT_EQ(skopeo("oci-archive:" + at + "oci.tar:docker.io/drydock/oci:1"), 0);
  ASSERT_EQ(run({"gzip", "-k", at + "docker.tar"}), 0);
  ASSERT_TRUE(load_archive_file(store(), archive));
  const std::string id = (*store().find("drydock/example"))->image_id;
  for (const std::string file : {"layout", "docker.tar", "oci.tar", "docker.tar.gz"}) {
    auto loaded = load_archive_file(store(), at + file);
    ASSERT_TRUE(loaded) << file << ": " << loaded.error().message;
    EXPECT_EQ(loaded->front().image_id, id) << file;
  }
  for (const char* name : {"drydock/layout:1", "drydock/docker:1", "drydock/oci:1"})
    EXPECT_TRUE(store().find(name)) << name;
  EXPECT_THAT(list_dir(store().layers_dir()), SizeIs(4))
      << "two layers, each once, each with its facts";
  EXPECT_THAT(list_dir(images_dir() + "/staging"), IsEmpty());
  const std::string first = (*store().find("drydock/docker:1"))->manifest_digest;
  auto again = load_archive_file(store(), at + "docker.tar.gz");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->front().manifest_digest, first)
      << "a docker-archive's digest is made from its content";
}

TEST_F(StoreTest, TheHostsPlatformIsChosenFromAnIndexAndAttestationsAreIgnored) {
  auto mine = oci_layout({one_file("a", "mine")}, "");
  auto other = oci_layout({one_file("a", "other")}, "");
  Json good = (*parse_json(mine["index.json"]))["manifests"][0];
  Json bad = (*parse_json(other["index.json"]))["manifests"][0];
  Json proof = bad;
  good["platform"] = {{"os", "linux"}, {"architecture", host_platform().architecture}};
  bad["platform"] = {{"os", "linux"}, {"architecture", "s390x"}};
  proof["platform"] = {{"os", "unknown"}, {"architecture", "unknown"}};
  proof["annotations"] = {{"vnd.docker.reference.type", "attestation-manifest"}};
  const auto archive = [&](const Json& manifests) {
    const std::string index =
        dump_json(Json{{"schemaVersion", 2}, {"mediaType", kOciIndex}, {"manifests", manifests}});
    auto files = mine;
    files.merge(other);
    files["blobs/" + sha256_digest(index).replace(6, 1, "/")] = index;
    files["index.json"] = dump_json(
        Json{{"schemaVersion", 2},
             {"manifests",
              {{{"mediaType", kOciIndex},
                {"digest", sha256_digest(index)},
                {"size", index.size()},
                {"annotations", {{"io.containerd.image.name", "docker.io/library/multi:1"}}}}}}});
    return std::pair(tar_of_files(files), sha256_digest(index));
  };
  const auto [tar, index_digest] = archive({proof, bad, good});
  ASSERT_TRUE(load(tar));
  auto image = store().find("multi:1");
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ((*image)->manifest_digest, json_string(good, "digest"));
  EXPECT_EQ(*store().find("multi@" + index_digest), *image);
  EXPECT_EQ(*store().find("multi@" + (*image)->manifest_digest), *image);
  EXPECT_THAT(load(archive({proof, bad}).first).error().message,
              HasSubstr("no image for " + host_platform().text() + ", only linux/s390x"));
}

TEST_F(StoreTest, WhatIsNoImageIsRefusedAndLeavesNothing) {
  auto files = oci_layout({one_file("a", "1")}, "x");
  const auto refusal = [&](const std::string& archive) {
    auto loaded = load(archive);
    EXPECT_FALSE(loaded);
    return loaded ? "" : loaded.error().message;
  };
  EXPECT_THAT(refusal(""), HasSubstr("not an image archive: it is empty"));
  EXPECT_THAT(refusal(std::string(5000, 'x')),
              HasSubstr("not an image archive: not a readable tar file"));
  EXPECT_THAT(refusal(one_file("readme", "hello")),
              HasSubstr("neither manifest.json (docker save) nor index.json"));
  EXPECT_THAT(refusal(one_file("layout/oci-layout", "{}")),
              HasSubstr("lies in its folder 'layout'"));
  EXPECT_THAT(refusal(one_file("manifest.json", "[{")),
              HasSubstr("not an image archive: manifest.json: line 1"));
  auto without = files;
  for (auto it = without.begin(); it != without.end();)
    it = it->second == one_file("a", "1") ? without.erase(it) : std::next(it);
  EXPECT_THAT(refusal(tar_of_files(without)),
              HasSubstr("the archive lacks the file blobs/sha256/"));
  auto damaged = files;
  for (auto& [name, content] : damaged)
    if (content == one_file("a", "1")) content = one_file("a", "2");
  EXPECT_THAT(refusal(tar_of_files(damaged)), HasSubstr("is damaged: its content is sha256:"));
  EXPECT_THAT(refusal(tar_of_files(files).substr(0, 3000)), HasSubstr("not an image archive"));
  expect_empty_store();
  EXPECT_EQ(store().find("x").error().code, Errc::kNotFound);
}

TEST_F(StoreTest, ALayerThatIsNotWhatTheConfigurationSaysIsThrownAway) {
  const std::string tar = one_file("a", "1");
  auto files = oci_layout({tar}, "liar");
  std::string config;
  std::string manifest;
  for (const auto& [name, content] : files) {
    if (content.find("diff_ids") != std::string::npos) config = content;
    if (content.find("layers\":[") != std::string::npos &&
        content.find("config") != std::string::npos)
      manifest = content;
  }
  std::string lying = config;
  lying.replace(lying.find(sha256_digest(tar)), 71, "sha256:" + std::string(64, '0'));
  std::string m2 = manifest;
  m2.replace(m2.find(sha256_digest(config)), 71, sha256_digest(lying));
  std::string index = files["index.json"];
  index.replace(index.find(sha256_digest(manifest)), 71, sha256_digest(m2));
  files["blobs/sha256/" + sha256_digest(lying).substr(7)] = lying;
  files["blobs/sha256/" + sha256_digest(m2).substr(7)] = m2;
  files["index.json"] = index;
  auto loaded = load(tar_of_files(files));
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message, HasSubstr("is not what the image says"));
  expect_empty_store();
}

TEST_F(StoreTest, ImagesAreFoundByNameDigestIdAndPrefix) {
  const ImagePtr image = load_layers({one_file("a", "1")});
  const std::string hex = image->image_id.substr(7);
  for (const std::string& text :
       {std::string("test"), std::string("test:latest"), std::string("library/test"),
        std::string("docker.io/library/test:latest"), image->image_id, image->manifest_digest,
        hex.substr(0, 12), hex, "test@" + image->manifest_digest})
    EXPECT_EQ(store().find(text).value_or(nullptr), image) << text;
  EXPECT_EQ(store().find("test:2").error().code, Errc::kNotFound);
  EXPECT_THAT(store().find("nosuch").error().message, HasSubstr("no image 'nosuch:latest'"));
  EXPECT_EQ(store().find("UPPER").error().code, Errc::kInvalid);
  EXPECT_EQ(store().find("").error().code, Errc::kInvalid);
  reopen();
  EXPECT_EQ((*store().find("test"))->image_id, image->image_id) << "after a restart, from disk";
}

TEST_F(StoreTest, TagsMoveAndImagesGoWithTheirLastName) {
  const ImagePtr a = load_layers({one_file("a", "1")}, "a");
  const ImagePtr b = load_layers({one_file("a", "1"), one_file("b", "2")}, "b");
  ASSERT_TRUE(store().tag("a", "registry.local:5000/team/a:v1"));
  ASSERT_TRUE(store().tag("a", "b:copy"));
  EXPECT_EQ(store().tag("nosuch", "x").error().code, Errc::kNotFound);
  EXPECT_EQ(store().tag("a", "No!").error().code, Errc::kInvalid);
  auto rows = store().list();
  ASSERT_TRUE(rows);
  ASSERT_THAT(*rows, SizeIs(2));
  for (const ImageRow& row : *rows) {
    EXPECT_EQ(row.shared, 1u) << "the layer both have";
    EXPECT_EQ(row.unique, row.image == b ? 1u : 0u);
    EXPECT_EQ(row.image->size, row.shared + row.unique);
  }
  EXPECT_EQ(store().remove(a->image_id, false).error().code, Errc::kBusy) << "three names";
  auto removed = store().remove("b:copy", false);
  ASSERT_TRUE(removed);
  EXPECT_THAT(removed->untagged, ElementsAre("docker.io/library/b:copy"));
  EXPECT_THAT(removed->deleted, IsEmpty());
  removed = store().remove(a->image_id.substr(7, 12), true);
  ASSERT_TRUE(removed);
  EXPECT_THAT(removed->untagged,
              UnorderedElementsAre("docker.io/library/a:latest", "registry.local:5000/team/a:v1"));
  EXPECT_THAT(removed->deleted, ElementsAre(a->manifest_digest));
  EXPECT_TRUE(exists(store().layers_dir() + "/" + b->lower.back()))
      << "b still has the shared layer";
  ASSERT_TRUE(store().remove("b", false));
  expect_empty_store();
  EXPECT_EQ(*store().total_bytes(), 0u);
  EXPECT_EQ(store().remove("b", true).error().code, Errc::kNotFound);
}

TEST_F(StoreTest, ANewLoadTakesTheNameAndPruneTakesTheOldImage) {
  const ImagePtr old = load_layers({one_file("a", "1")});
  const ImagePtr fresh = load_layers({one_file("a", "2")});
  EXPECT_NE(old, fresh);
  EXPECT_EQ(*store().find(old->image_id), old) << "it lost its name, not its life";
  auto pruned = store().prune();
  ASSERT_TRUE(pruned);
  EXPECT_THAT(pruned->deleted, ElementsAre(old->manifest_digest));
  EXPECT_GT(pruned->freed, 0u);
  EXPECT_EQ(store().find(old->image_id).error().code, Errc::kNotFound);
  EXPECT_EQ(*store().find("test"), fresh);
}

TEST_F(StoreTest, WhatATaskHoldsStaysUntilItLetsGo) {
  const ImagePtr image = load_layers({one_file("a", "1")});
  const std::string layer = store().layers_dir() + "/" + image->lower[0] + "/a";
  ASSERT_TRUE(store().acquire("task-1", image->manifest_digest));
  ASSERT_TRUE(store().acquire("task-2", image->manifest_digest));
  EXPECT_EQ(store().acquire("x", "sha256:" + std::string(64, '0')).error().code, Errc::kNotFound);
  EXPECT_EQ(store().acquire("../x", image->manifest_digest).error().code, Errc::kInvalid);
  auto refused = store().remove("test", false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kBusy);
  EXPECT_THAT(refused.error().message, HasSubstr("used by task-"));
  reopen();  // holds outlive the process
  ASSERT_TRUE(store().remove("test", true));
  EXPECT_EQ(store().find("test").error().code, Errc::kNotFound);
  ASSERT_TRUE(store().prune());
  EXPECT_TRUE(exists(layer));
  ASSERT_TRUE(store().release("task-1"));
  EXPECT_TRUE(exists(layer));
  ASSERT_TRUE(store().release_all_but({"task-3"}));
  EXPECT_FALSE(exists(layer));
  expect_empty_store();
}

TEST_F(StoreTest, TwoStoresOnOneFolderSeeEachOthersChanges) {
  const ImagePtr image = load_layers({one_file("a", "1")});
  auto second = Store::open(options());
  ASSERT_TRUE(second);
  ASSERT_TRUE((*second)->find("test"));
  ASSERT_TRUE(store().tag("test", "other"));
  EXPECT_TRUE((*second)->find("other"));
  ASSERT_TRUE((*second)->remove("other", false));
  EXPECT_EQ(store().find("other").error().code, Errc::kNotFound);
}

TEST_F(StoreTest, LoadsAndRemovalsAtTheSameTimeLoseNothing) {
  std::vector<std::string> archives;
  for (int i = 0; i < 3; ++i)
    archives.push_back(
        tar_of_files(oci_layout({one_file("shared", "s"), one_file("own", std::to_string(i))},
                                "docker.io/library/t" + std::to_string(i) + ":latest")));
  const auto source = [](const std::string& archive) {
    return [&archive, at = std::size_t{0}](char* buffer,
                                           std::size_t size) mutable -> Result<std::size_t> {
      const std::size_t n = std::min(size, archive.size() - at);
      archive.copy(buffer, n, at);
      at += n;
      return n;
    };
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 3; ++i)
    threads.emplace_back([&, i] {
      auto mine = Store::open(options());
      ASSERT_TRUE(mine);
      for (int round = 0; round < 4; ++round) {
        auto loaded = load_archive(**mine, source(archives[i]));
        EXPECT_TRUE(loaded) << loaded.error().message;
        if (i > 0 && round < 3) {
          EXPECT_TRUE((*mine)->remove("t" + std::to_string(i), false));
        }
        EXPECT_TRUE((*mine)->prune());
      }
    });
  for (std::thread& t : threads) t.join();
  for (int i = 0; i < 3; ++i) {
    auto image = store().find("t" + std::to_string(i));
    ASSERT_TRUE(image) << image.error().message;
    for (const std::string& layer : (*image)->lower)
      EXPECT_TRUE(exists(store().layers_dir() + "/" + layer));
  }
  EXPECT_THAT(list_dir(images_dir() + "/staging"), IsEmpty());
}

TEST_F(StoreTest, ALoadKilledAtAnyPointLeavesNothingTakenForWhole) {
  const std::string archive = tar_of_files(
      oci_layout({one_file("big", std::string(3'000'000, 'b')), one_file("small", "s")},
                 "docker.io/library/k:latest"));
  // The helpers of a killed load come to us, so that we can wait for the last of them.
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  // The child dies after so many bytes of the upload; the last one after it all, at some point of
  // the unpacking.
  for (std::size_t stop : {std::size_t{1000}, archive.size() / 2, archive.size()}) {
    const pid_t child = ::fork();
    if (child == 0) {
      std::size_t at = 0;
      (void)load_archive(store(), [&](char* buffer, std::size_t size) -> Result<std::size_t> {
        if (at >= stop && stop < archive.size()) ::raise(SIGKILL);
        const std::size_t n = std::min({size, archive.size() - at, std::size_t{65536}});
        if (n == 0) {
          // Killed from beside, as soon as the first blob has its place in the store.
          std::thread([&] {
            while (list_dir(images_dir() + "/blobs/sha256").empty()) std::this_thread::yield();
            ::raise(SIGKILL);
            ::kill(::getpid(), SIGKILL);
          }).detach();
        }
        archive.copy(buffer, n, at);
        at += n;
        return n;
      });
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status));
    while (::waitpid(-1, nullptr, 0) > 0) {
    }
    EXPECT_EQ(store().find("k").error().code, Errc::kNotFound);
    reopen();
    expect_empty_store();
  }
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
  ASSERT_TRUE(load(archive));
  EXPECT_TRUE(store().find("k"));
}

}  // namespace
}  // namespace drydock::images
