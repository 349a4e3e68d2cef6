#include "images/provider.h"

#include <thread>

#include "base/files.h"
#include "tests/integration/images/image_fixture.h"

namespace drydock::images {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The provider's ways that need no registry; the registry's are in registry_root_test.cc and the
// end-to-end tests.
class ProviderTest : public ImagesRoot {
 protected:
  void SetUp() override {
    ImagesRoot::SetUp();
    if (dir_.empty()) return;
    puller_ = std::make_unique<Puller>(store(), PullOptions{});
    provider_ = std::make_unique<Provider>(store(), *puller_, ProviderOptions{});
  }
  void TearDown() override {
    provider_.reset();
    puller_.reset();
    ImagesRoot::TearDown();
  }
  std::unique_ptr<Puller> puller_;
  std::unique_ptr<Provider> provider_;
};

TEST_F(ProviderTest, WhatIsFoundForATaskIsHeldForIt) {
  const ImagePtr image = load_layers({one_file("a", "1")});
  ImageRequest request;
  request.reference = "test";
  ASSERT_TRUE(provider_->here(request));
  request.holder = "task-1";
  auto found = provider_->here(request);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ((*store().held("task-1"))->manifest_digest, image->manifest_digest);
  EXPECT_EQ(store().remove("test", false).error().code, Errc::kBusy);
}

TEST_F(ProviderTest, AnImageOfAnotherPlatformIsNotHeld) {
  load_layers({one_file("a", "1")});
  ImageRequest request;
  request.reference = "test";
  request.holder = "task-1";
  request.platform = {"linux", "s390x", ""};
  request.policy = PullPolicy::kNever;
  auto found = provider_->get(request, CancelFlag());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Errc::kNotFound);
  EXPECT_THAT(found.error().message, HasSubstr("not for linux/s390x"));
  EXPECT_EQ(store().held("task-1").error().code, Errc::kNotFound);
  EXPECT_TRUE(store().remove("test", false));
}

TEST_F(ProviderTest, APruneBesideAStartNeverTakesWhatWasFound) {
  constexpr int kRounds = 60;
  const auto removes = [&] {
    (void)store().remove("test", false);
    EXPECT_TRUE(store().prune());
  };
  ImageRequest request;
  request.reference = "test";
  request.holder = "task-1";
  request.policy = PullPolicy::kNever;
  int held = 0;
  for (int round = 0; round < kRounds; ++round) {
    ASSERT_TRUE(
        load(tar_of_files(oci_layout({one_file("a", "1")}, "docker.io/library/test:latest"))));
    // They race, but in every fourth round, where the start is first.
    const bool race = round % 4 != 0;
    std::thread pruner;
    if (race) pruner = std::thread(removes);
    auto image = provider_->get(request, CancelFlag());
    if (!race) pruner = std::thread(removes);
    pruner.join();
    if (!image) {
      EXPECT_TRUE(race);
      EXPECT_EQ(image.error().code, Errc::kNotFound) << image.error().message;
      continue;
    }
    ++held;
    for (const std::string& folder : (*image)->lower)
      EXPECT_TRUE(exists(store().layers_dir() + "/" + folder + "/a")) << folder;
    EXPECT_TRUE(store().release("task-1"));
  }
  EXPECT_GE(held, kRounds / 4);
  (void)store().remove("test", false);
  EXPECT_TRUE(store().prune());
  EXPECT_THAT(list_dir(store().layers_dir()), IsEmpty());
}

// What a write of an older daemon left beside the layers, and folders without their facts.
TEST_F(ProviderTest, APruneTakesWhatBelongsToNobody) {
  const ImagePtr image = load_layers({one_file("a", "1")});
  const std::string layers = store().layers_dir() + "/";
  const std::string folder = image->lower.at(0);
  ASSERT_TRUE(write_file_atomic(layers + folder + ".json.Ab12Cd", "{"));
  ASSERT_TRUE(write_file_atomic(layers + "b00.json.new", "{"));
  ASSERT_TRUE(make_dirs(layers + "b00", 0755));
  ASSERT_TRUE(store().prune());
  EXPECT_THAT(list_dir(store().layers_dir()),
              ::testing::UnorderedElementsAre(folder, folder + ".json"));
}

}  // namespace
}  // namespace drydock::images
