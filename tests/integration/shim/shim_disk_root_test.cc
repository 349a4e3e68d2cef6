#include <gmock/gmock.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "container.h"
#include "logrouter/checkpoint.h"
#include "logrouter/reader.h"

// Disks that are full, and journals that a destination must have.
namespace drydock::runtime::shim {
namespace {

using ::testing::HasSubstr;

// A container that writes `lines` numbers for a destination, on a disk that is full before they are
// stored.
struct FullDisk {
  explicit FullDisk(int lines)
      : c(sh("seq 1 " + std::to_string(lines) + "; exit 2")), disk(c.request.journal) {
    EXPECT_TRUE(make_dirs(disk));
    EXPECT_EQ(::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=16m"), 0);
    EXPECT_TRUE(write_file_atomic(disk + "/ballast", std::string(15u << 20, 'x')));
    c.request.journal = disk + "/container";
    c.request.checkpoint = c.request.journal + "/delivered.test";
    c.start();
    c.await_start();
    struct statvfs space {};
    do {
      ::poll(nullptr, 0, 5);
      EXPECT_EQ(::statvfs(disk.c_str(), &space), 0);
    } while (space.f_bavail > 0);
  }
  // Frees the disk: every line is there when the container has ended.
  void free_and_expect(std::size_t count) {
    ASSERT_EQ(::unlink((disk + "/ballast").c_str()), 0);
    c.await_exit();
    EXPECT_EQ(c.exited().code, 2);
    EXPECT_EQ(c.await_shim(), 0);
    const auto lines = c.log();
    ASSERT_EQ(lines.size(), count);
    for (std::size_t i = 0; i < lines.size(); ++i)
      ASSERT_EQ(lines[i], "out: " + std::to_string(i + 1));
    EXPECT_EQ(::umount(disk.c_str()), 0);
  }

  Container c;
  std::string disk;
};

TEST_F(ShimRoot, FullDiskUnderTheJournalLosesLinesAndNothingElse) {
  Container c(sh("seq 1 200000; read line < /etc/fifo; echo last; exit 2"));
  ASSERT_EQ(::mkfifo((c.bundle() + "/rootfs/etc/fifo").c_str(), 0600), 0);
  const std::string disk = c.request.journal;
  ASSERT_TRUE(make_dirs(disk));
  ASSERT_EQ(::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m"), 0);
  c.request.journal = disk + "/container";
  c.start();
  c.await_start();
  // A full pipe would stop seq: it ends although the disk is full.
  UniqueFd fifo(::open((c.bundle() + "/rootfs/etc/fifo").c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(write_all(fifo.get(), "go\n"));
  c.await_exit();
  EXPECT_EQ(c.exited().code, 2);
  EXPECT_EQ(c.await_shim(), 0);
  const auto lines = c.log();
  EXPECT_GT(lines.size(), 1000u);
  EXPECT_LT(lines.size(), 100000u);
  for (std::size_t i = 0; i < 1000; ++i) EXPECT_EQ(lines[i], "out: " + std::to_string(i + 1));
  EXPECT_EQ(::umount(disk.c_str()), 0);
}

TEST_F(ShimRoot, FullDiskStopsAContainerWhoseLinesADestinationMustHave) {
  FullDisk(100000).free_and_expect(100000);
}

TEST_F(ShimRoot, TheLastLinesWaitForAFullDiskWhileADestinationGetsOn) {
  FullDisk full(50000);
  // All is in the pipe, and the container has ended; what is delivered makes no room.
  for (std::uint64_t at = 1; at < 30; ++at) {
    ASSERT_TRUE(logrouter::Checkpoint::open(full.c.request.checkpoint)->save({at, 0}));
    ::poll(nullptr, 0, 10);
  }
  full.free_and_expect(50000);
}

TEST_F(ShimRoot, AFullJournalStopsTheContainerUntilItsDestinationHasGotOn) {
  Container c(sh("seq 1 300000; exit 2"));
  c.request.segment_bytes = 1u << 20;
  c.request.journal_bytes = 4u << 20;
  c.request.checkpoint = c.request.journal + "/delivered.test";
  c.start();
  c.await_start();
  // A destination that takes lines slowly: each time it looks, all that is there.
  auto checkpoint = logrouter::Checkpoint::open(c.request.checkpoint).value();
  logrouter::ReadOptions options;
  options.follow = true;
  auto reader = logrouter::JournalReader::open(c.request.journal, options).value();
  int next = 1;
  while (next <= 300000) {
    ::poll(nullptr, 0, 5);
    while (auto entry = reader.next()) {
      ASSERT_EQ(entry->text, std::to_string(next));
      ++next;
    }
    ASSERT_TRUE(checkpoint.save(reader.position()));
  }
  c.await_exit();
  EXPECT_EQ(c.exited().code, 2);
  EXPECT_EQ(c.await_shim(), 0);
}

TEST_F(ShimRoot, DiskThatIsFullFromTheStartLosesLinesAndNothingElse) {
  Container c(sh("echo lost; exit 2"));
  const std::string disk = c.request.journal;
  ASSERT_TRUE(make_dirs(disk));
  ASSERT_EQ(::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=64k,nr_inodes=2"), 0);
  ASSERT_TRUE(make_dirs(disk + "/other"));
  c.request.journal = disk + "/container";
  EXPECT_EQ(c.run().code, 2);
  EXPECT_TRUE(c.log().empty());
  EXPECT_EQ(::umount(disk.c_str()), 0);
}

TEST_F(ShimRoot, FullRunFolderIsFoundBeforeTheContainerStarts) {
  Container c({"/bin/true"});
  // The bundle's folder itself full: no place for exit.json.
  const std::string disk = c.bundle() + "/small";
  ASSERT_TRUE(make_dirs(disk));
  ASSERT_EQ(::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=8k"), 0);
  const std::string bundle = c.request.bundle;
  c.request.bundle = disk;
  ASSERT_TRUE(write_file_atomic(disk + "/fill", std::string(4096, 'x')));
  c.config = Json::object();  // small enough to fit, never used
  c.start();
  c.await_exit();
  EXPECT_EQ(c.await_shim(), static_cast<int>(End::kNoRecord));
  EXPECT_THAT(c.said, HasSubstr("No space left on device"));
  EXPECT_EQ(::umount(disk.c_str()), 0);
  c.request.bundle = bundle;
}

TEST_F(ShimRoot, JournalThatCannotBeOpenedIsTold) {
  Container c({"/bin/true"});
  ASSERT_TRUE(write_file_atomic(c.request.journal, "a file"));
  const Exited e = c.run();
  EXPECT_EQ(e.failure, Failure::kShim);
  EXPECT_THAT(e.error, HasSubstr(c.request.journal));
}

}  // namespace
}  // namespace drydock::runtime::shim
