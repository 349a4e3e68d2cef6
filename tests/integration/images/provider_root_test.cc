#include "images/provider.h"

#include <atomic>
#include <thread>

#include "base/files.h"
#include "tests/integration/images/image_fixture.h"

namespace drydock::images {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string one_file(const std::string& name) {
  TarPart p;
  p.name = name;
  p.content = name;
  return tar_bytes({p});
}

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
  const ImagePtr image = load_layers({one_file("a")});
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
  load_layers({one_file("a")});
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
  std::atomic<bool> done = false;
  std::thread pruner([&] {
    while (!done) {
      (void)store().remove("test", false);
      EXPECT_TRUE(store().prune());
    }
  });
  ImageRequest request;
  request.reference = "test";
  request.holder = "task-1";
  request.policy = PullPolicy::kNever;
  int held = 0;
  for (int round = 0; round < 60; ++round) {
    (void)load(tar_of_files(oci_layout({one_file("a")}, "docker.io/library/test:latest")));
    auto image = provider_->get(request, CancelFlag());
    if (!image) {
      EXPECT_EQ(image.error().code, Errc::kNotFound) << image.error().message;
      continue;
    }
    ++held;
    for (const std::string& folder : (*image)->lower)
      EXPECT_TRUE(exists(store().layers_dir() + "/" + folder + "/a")) << folder;
    EXPECT_TRUE(store().release("task-1"));
  }
  done = true;
  pruner.join();
  EXPECT_GT(held, 0);
  (void)store().remove("test", false);
  EXPECT_TRUE(store().prune());
  EXPECT_THAT(list_dir(store().layers_dir()), IsEmpty());
}

// What a write of an older daemon left beside the layers, and folders without their facts.
TEST_F(ProviderTest, APruneTakesWhatBelongsToNobody) {
  const ImagePtr image = load_layers({one_file("a")});
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
