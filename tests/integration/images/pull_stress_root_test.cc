#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <thread>

#include "base/files.h"
#include "base/json.h"
#include "images/pull.h"
#include "tests/integration/images/fake_source.h"
#include "tests/integration/images/image_fixture.h"

namespace drydock::images {
namespace {

constexpr int kThreads = 8;
constexpr int kRounds = 25;  // times the threads: two hundred

// Ten images that share their lower layers in several ways.
std::vector<std::shared_ptr<FakeSource>> some_sources() {
  std::vector<std::string> tars;
  for (int i = 0; i < 6; ++i) {
    std::vector<TarPart> parts;
    for (int f = 0; f < 20; ++f) {
      TarPart p;
      p.name = "layer" + std::to_string(i) + "/file" + std::to_string(f);
      p.content.assign(5'000 + 100 * static_cast<std::size_t>(f), static_cast<char>('a' + i));
      parts.push_back(p);
    }
    tars.push_back(tar_bytes(parts));
  }
  std::vector<std::shared_ptr<FakeSource>> sources;
  for (std::size_t i = 0; i < 10; ++i)
    sources.push_back(std::make_shared<FakeSource>(
        oci_layout({tars[i % 2], tars[2 + i % 4], tars[i % 6]}, "test")));
  return sources;
}

class PullStress : public ImagesRoot {
 protected:
  std::string images(const std::string& path) const { return dir_ + "/root/images/" + path; }

  static std::set<std::string> as_set(const std::vector<std::string>& names) {
    return {names.begin(), names.end()};
  }

  // Every image whole, and nothing that belongs to none.
  void expect_consistent() {
    auto rows = store().list();
    ASSERT_TRUE(rows) << rows.error().message;
    std::set<std::string> blobs;
    std::set<std::string> layers;
    for (const ImageRow& row : *rows) {
      const Image& image = *row.image;
      blobs.insert(image.manifest_digest.substr(7));
      blobs.insert(image.image_id.substr(7));
      for (const Descriptor& layer : image.layers) blobs.insert(layer.digest.substr(7));
      for (const std::string& folder : image.lower) {
        layers.insert(folder);
        layers.insert(folder + ".json");
        auto info = parse_json(*read_file(images("layers/" + folder + ".json")));
        ASSERT_TRUE(info);
        // Whole: as many files as the facts tell.
        std::size_t files = 0;
        for (const std::string& path : tree(images("layers/" + folder)))
          files += path.find('/') != std::string::npos;
        EXPECT_EQ(static_cast<long long>(files), json_int(*info, "entries")) << folder;
      }
      EXPECT_EQ(row.unique + row.shared, image.size);
    }
    EXPECT_EQ(as_set(list_dir(images("blobs/sha256"))), blobs);
    EXPECT_EQ(as_set(list_dir(images("layers"))), layers);
    EXPECT_THAT(list_dir(images("staging")), ::testing::IsEmpty());
  }

  static Reference name_of(std::size_t i) {
    return *parse_reference("localhost:5000/image" + std::to_string(i));
  }
};

TEST_F(PullStress, TwoHundredPullsPrunesAndStartingTasksAtOnceLoseNothing) {
  const auto sources = some_sources();
  Puller puller(store(), {});
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      std::mt19937 random(static_cast<unsigned>(t));
      for (int round = 0; round < kRounds; ++round) {
        const std::size_t i = random() % sources.size();
        const std::string holder = "task-" + std::to_string(t);
        CancelFlag cancel;
        if (random() % 5 == 0) cancel.set();
        auto image = puller.pull({name_of(i), {}, sources[i], {}, {}}, cancel);
        EXPECT_TRUE(image || image.error().code == Errc::kCancelled) << image.error().message;
        // A task that starts: either it holds a whole image, or it is told that there is none.
        auto held = store().acquire(holder, name_of(i).text());
        if (held) {
          for (const std::string& folder : (*held)->lower)
            EXPECT_TRUE(exists(store().layers_dir() + "/" + folder)) << folder;
        } else {
          EXPECT_EQ(held.error().code, Errc::kNotFound) << held.error().message;
        }
        if (random() % 2 == 0) {
          auto removed = store().remove(name_of(random() % sources.size()).text(), true);
          EXPECT_TRUE(removed || removed.error().code == Errc::kNotFound)
              << removed.error().message;
        } else {
          auto pruned = store().prune();
          EXPECT_TRUE(pruned) << pruned.error().message;
        }
        if (held) {
          for (const std::string& folder : (*held)->lower)
            EXPECT_TRUE(exists(store().layers_dir() + "/" + folder)) << folder;
        }
        auto released = store().release(holder);
        EXPECT_TRUE(released) << released.error().message;
      }
    });
  for (std::thread& t : threads) t.join();
  EXPECT_TRUE(store().prune());
  // Deleting what pulls left behind goes on for a moment.
  while (!list_dir(images("staging")).empty()) std::this_thread::yield();
  expect_consistent();
  // What is said to be here is complete: pulling all again and removing it all leaves nothing.
  for (std::size_t i = 0; i < sources.size(); ++i)
    ASSERT_TRUE(puller.pull({name_of(i), {}, sources[i], {}, {}}, CancelFlag()));
  for (std::size_t i = 0; i < sources.size(); ++i)
    EXPECT_TRUE(store().remove(name_of(i).text(), true));
  EXPECT_THAT(list_dir(images("layers")), ::testing::IsEmpty());
  EXPECT_THAT(list_dir(images("blobs/sha256")), ::testing::IsEmpty());
}

TEST_F(PullStress, AProcessKilledWhilePullingLeavesNothingTakenForWhole) {
  const auto sources = some_sources();
  std::mt19937 random(1);
  // The unpackers of a killed process come to us, so that we can wait for the last of them.
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  for (int round = 0; round < 20; ++round) {
    int ready[2];
    ASSERT_EQ(::pipe2(ready, O_CLOEXEC), 0);
    const UniqueFd ours(ready[0]);
    UniqueFd theirs(ready[1]);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto opened = Store::open(options());
      if (!opened) ::_exit(1);
      Puller puller(**opened, {});
      for (std::size_t i = 0;; ++i) {
        // Every blob that is half fetched is a place to die at.
        const auto& source = sources[i % sources.size()];
        source->half_way = [&](const Descriptor&, const CancelFlag&) -> Status {
          return write_all(theirs.get(), "x");
        };
        if (!puller.pull({name_of(i % sources.size()), {}, source, {}, {}}, CancelFlag()))
          ::_exit(1);
        // Also a pull that finds everything is a place to die at.
        if (!write_all(theirs.get(), "x")) ::_exit(1);
        if (i % sources.size() == 0) (void)(*opened)->prune();
        if (i % 2 == 0) (void)(*opened)->remove(name_of(random() % sources.size()).text(), true);
      }
    }
    theirs.reset();
    char byte = 0;
    for (unsigned left = random() % 12; left > 0; --left)
      if (::read(ours.get(), &byte, 1) != 1) break;
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child gave up";
    while (::waitpid(-1, nullptr, 0) > 0) {
    }
    reopen();
    ASSERT_TRUE(store().prune());
    expect_consistent();
  }
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

}  // namespace
}  // namespace drydock::images
