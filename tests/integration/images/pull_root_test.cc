#include "images/pull.h"

#include <sys/stat.h>

#include <fstream>
#include <future>
#include <nlohmann/json.hpp>
#include <set>

#include "base/files.h"
#include "base/ids.h"
#include "base/json.h"
#include "tests/integration/images/fake_source.h"
#include "tests/integration/images/image_fixture.h"

namespace drydock::images {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string layer_with(const std::string& name, std::size_t size = 100'000) {
  TarPart p;
  p.name = name;
  for (std::size_t i = 0; p.content.size() < size; ++i)
    p.content += name + std::to_string(i) + "\n";
  return tar_bytes({p});
}

std::shared_ptr<FakeSource> source_of(const std::vector<std::string>& tars) {
  return std::make_shared<FakeSource>(oci_layout(tars, "test"));
}

class Pull : public ImagesRoot {
 protected:
  Result<ImagePtr> pull(const std::shared_ptr<FakeSource>& source, const std::string& name = "app",
                        PullOptions options = {}) {
    Puller puller(store(), options);
    const CancelFlag never;
    return puller.pull({*parse_reference("localhost:5000/" + name), {}, source, {}, {}}, never);
  }
  std::string images(const std::string& path) const { return dir_ + "/root/images/" + path; }
  void expect_nothing() {
    EXPECT_THAT(list_dir(images("blobs/sha256")), IsEmpty());
    EXPECT_THAT(list_dir(images("layers")), IsEmpty());
    EXPECT_THAT(list_dir(images("staging")), IsEmpty());
  }
};

TEST_F(Pull, BringsAnImageAndFetchesNothingTwice) {
  const auto source = source_of({layer_with("a"), layer_with("b")});
  auto image = pull(source);
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ((*image)->manifest_digest, source->manifest_digest());
  EXPECT_TRUE(store().find("localhost:5000/app:latest"));
  EXPECT_TRUE(exists(store().layers_dir() + "/" + (*image)->lower[0] + "/b"));
  ASSERT_TRUE(pull(source, "again"));
  for (const Descriptor& layer : (*image)->layers) EXPECT_EQ(source->fetched(layer.digest), 1);
  EXPECT_EQ(source->fetched((*image)->image_id), 1);
  EXPECT_THAT(list_dir(images("staging")), IsEmpty());
}

TEST_F(Pull, ALayerThatComesDamagedIsThrownAway) {
  const std::string tar = layer_with("a");
  const auto source = source_of({tar});
  std::string other = tar;
  other[600] ^= 1;
  source->lies[sha256_digest(tar)] = other;
  auto image = pull(source);
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, Errc::kInvalid);
  expect_nothing();
}

TEST_F(Pull, ALayerLongerOrShorterThanItSaysIsRefused) {
  for (const std::string& lie : {layer_with("a") + "more", layer_with("a").substr(0, 1000)}) {
    const auto source = source_of({layer_with("a")});
    source->lies[sha256_digest(layer_with("a"))] = lie;
    auto image = pull(source);
    ASSERT_FALSE(image);
    EXPECT_EQ(image.error().code, Errc::kInvalid);
    expect_nothing();
  }
}

TEST_F(Pull, ABrokenLayerEndsTheDownloadAndTellsWhy) {
  std::string broken(600'000, 'x');
  broken[0] = '\x1f';
  broken[1] = '\x8b';
  auto image = pull(source_of({broken}));
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, Errc::kInvalid);
  EXPECT_THAT(image.error().message, HasSubstr("gzip"));
  expect_nothing();
}

TEST_F(Pull, PlatformsOfferedAreNamedWhenNoneFits) {
  const auto source = source_of({layer_with("a")});
  source->manifest_type = kOciIndex;
  const auto entry = [&](const char* architecture) {
    return Json{{"mediaType", kOciManifest},
                {"digest", source->manifest_digest()},
                {"size", 1},
                {"platform", {{"os", "linux"}, {"architecture", architecture}}}};
  };
  source->manifest_override =
      dump_json(Json{{"schemaVersion", 2}, {"manifests", {entry("s390x"), entry("riscv64")}}});
  auto image = pull(source);
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, Errc::kUnsupported);
  EXPECT_THAT(image.error().message, HasSubstr("linux/riscv64, linux/s390x"));
  source->manifest_override =
      dump_json(Json{{"schemaVersion", 2},
                     {"manifests", {entry("s390x"), entry(host_platform().architecture.c_str())}}});
  auto found = pull(source);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_TRUE(store().find("sha256:" + sha256_hex(source->manifest_override)));
}

TEST_F(Pull, AFullDiskIsForeseen) {
  const auto source = source_of({layer_with("a")});
  PullOptions options;
  options.disk_reserve = 1ull << 60;
  auto image = pull(source, "app", options);
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().sys, ENOSPC);
  EXPECT_THAT(image.error().message, HasSubstr("drydock prune"));
  EXPECT_EQ(source->fetched(sha256_digest(layer_with("a"))), 0);
  expect_nothing();
}

TEST_F(Pull, ABombStopsAtTheRatio) {
  const std::size_t piece = 64u << 20;
  TarPart p;
  p.name = "zeros";
  p.content.assign(piece, '\0');
  std::string head = tar_bytes({p}, false).substr(0, 512);
  std::string bomb;
  const std::string packed = gzip_bytes(std::string(piece, '\0'));
  for (int i = 0; i < 20; ++i) bomb += gzip_bytes(head) + packed;  // 20 entries, 1.25 GiB
  auto image = pull(source_of({bomb}));
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, Errc::kInvalid);
  EXPECT_THAT(image.error().message, HasSubstr("more than"));
  expect_nothing();
}

TEST_F(Pull, ACancelledPullLeavesNothing) {
  const auto source = source_of({layer_with("a", 2'000'000)});
  CancelFlag cancel;
  source->half_way = [&](const Descriptor&, const CancelFlag&) -> Status {
    cancel.set();
    return {};
  };
  {
    Puller puller(store(), {});
    auto image = puller.pull({*parse_reference("localhost/x"), {}, source, {}, {}}, cancel);
    ASSERT_FALSE(image);
    EXPECT_EQ(image.error().code, Errc::kCancelled);
  }
  expect_nothing();
}

TEST_F(Pull, ALayerWantedTwiceIsFetchedOnceAndTakenOverFromOneThatFails) {
  const std::string shared = layer_with("shared", 1'000'000);
  const auto first = source_of({shared, layer_with("one")});
  const auto second = source_of({shared, layer_with("two")});
  const std::string digest = sha256_digest(shared);
  Puller puller(store(), {});
  std::promise<void> begun;
  CancelFlag cancel_first;
  const CancelFlag never;
  first->half_way = [&](const Descriptor& blob, const CancelFlag& stop) -> Status {
    if (blob.digest != digest) return {};
    begun.set_value();
    while (!stop.is_set()) std::this_thread::yield();
    return fail(Errc::kCancelled, "cancelled");
  };
  auto one = std::async(std::launch::async, [&] {
    return puller.pull({*parse_reference("localhost/one"), {}, first, {}, {}}, cancel_first);
  });
  begun.get_future().wait();
  std::promise<void> waiting;
  bool told = false;
  PullRequest request{*parse_reference("localhost/two"), {}, second, {}, {}};
  request.progress = [&](const std::vector<LayerProgress>& all) {
    // The second one shows how far the first is.
    for (const LayerProgress& p : all)
      if (p.digest == digest && p.step == LayerStep::kDownloading && !std::exchange(told, true))
        waiting.set_value();
  };
  auto two = std::async(std::launch::async, [&] { return puller.pull(request, never); });
  waiting.get_future().wait();
  EXPECT_EQ(second->fetched(digest), 0);
  cancel_first.set();
  EXPECT_EQ(one.get().error().code, Errc::kCancelled);
  auto image = two.get();
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(second->fetched(digest), 1);
  EXPECT_FALSE(store().find("localhost/one"));
}

TEST_F(Pull, WhatTheDiskMayLackIsForgottenAfterACrashOfTheMachine) {
  ASSERT_TRUE(pull(source_of({layer_with("old")}), "old"));
  // Reopened until the first image is on the disk for good.
  while (exists(images("names.unsynced"))) std::this_thread::yield();
  ASSERT_TRUE(pull(source_of({layer_with("old"), layer_with("new")}), "new"));
  // As if the machine had died before the second one was synced.
  auto names = read_file(images("names.json"));
  const auto unsynced = read_file(images("names.unsynced"));
  if (unsynced) {
    EXPECT_THAT(*names, ::testing::Not(HasSubstr("localhost:5000/new")));
  }
  while (exists(images("names.unsynced"))) std::this_thread::yield();
  Json catalogue = *parse_json(*read_file(images("names.json")));
  const std::string newer = json_string(catalogue["names"], "localhost:5000/new:latest");
  const std::string all = dump_json(catalogue);
  catalogue["names"].erase("localhost:5000/new:latest");
  catalogue["images"].erase(newer);
  ASSERT_TRUE(write_file_atomic(images("names.json"), dump_json(catalogue)));
  ASSERT_TRUE(write_file_atomic(images("names.unsynced"), "another-boot\n" + all));
  ASSERT_TRUE(write_file_atomic(images("boot"), "another-boot"));
  reopen();
  EXPECT_FALSE(store().find("localhost:5000/new"));
  auto old = store().find("localhost:5000/old");
  ASSERT_TRUE(old) << old.error().message;
  EXPECT_EQ(list_dir(images("layers")).size(), 2u);  // a folder and its facts
  EXPECT_FALSE(exists(images("names.unsynced")));
}

}  // namespace
}  // namespace drydock::images
