// What an access point with a user does to calls of others: the cases of pjdfstest that matter
// there, and locks.
#include <signal.h>
#include <sys/file.h>

#include "tests/integration/volumes/access_fixture.h"

namespace drydock::volumes {
namespace {

TEST_F(AccessRoot, EverybodyCreatesAsTheUserOfTheAccessPoint) {
  for (const uid_t uid : {uid_t{0}, kOther, kUser}) {
    const std::string name = "f" + std::to_string(uid);
    EXPECT_EQ(as(uid, [&] { return made(at_ / name); }), 0);
    EXPECT_EQ(as(uid, [&] { return ::mkdir((at_ / ("d" + name)).c_str(), 0750); }), 0);
    EXPECT_EQ(as(uid, [&] { return ::symlink("x", (at_ / ("l" + name)).c_str()); }), 0);
    EXPECT_EQ(as(uid, [&] { return ::mkfifo((at_ / ("p" + name)).c_str(), 0600); }), 0);
    for (const std::string& one : {name, "d" + name, "l" + name, "p" + name}) {
      EXPECT_EQ(look(real_ / one).st_uid, kUser) << one;
      EXPECT_EQ(look(real_ / one).st_gid, kGroup) << one;
      EXPECT_EQ(look(at_ / one).st_uid, kUser) << one;
    }
  }
  EXPECT_EQ(as(0, [&] { return ::mknod((at_ / "dev").c_str(), S_IFCHR | 0600, 0x103); }), EPERM);
}

TEST_F(AccessRoot, ItsOwnersRightsAreEverybodys) {
  ASSERT_EQ(as(kUser, [&] { return made(at_ / "mine", 0600); }), 0);
  const auto mine = (at_ / "mine").string();
  for (const uid_t uid : {uid_t{0}, kOther}) {
    EXPECT_EQ(as(uid, [&] { return UniqueFd(::open(mine.c_str(), O_RDWR | O_CLOEXEC)) ? 0 : -1; }),
              0);
    EXPECT_EQ(as(uid, [&] { return ::chmod(mine.c_str(), 0640); }), 0);
    EXPECT_EQ(as(uid, [&] { return ::truncate(mine.c_str(), 5); }), 0);
    EXPECT_EQ(as(uid, [&] { return ::utimensat(AT_FDCWD, mine.c_str(), nullptr, 0); }), 0);
    EXPECT_EQ(as(uid, [&] { return ::link(mine.c_str(), (at_ / "linked").c_str()); }), 0);
    EXPECT_EQ(as(uid, [&] { return ::rename((at_ / "linked").c_str(), (at_ / "to").c_str()); }), 0);
    EXPECT_EQ(as(uid, [&] { return ::unlink((at_ / "to").c_str()); }), 0);
    // Of its groups, and no other user's.
    EXPECT_EQ(as(uid, [&] { return ::chown(mine.c_str(), kUser, kSecondary); }), 0);
    EXPECT_EQ(as(uid, [&] { return ::chown(mine.c_str(), kUser, kGroup); }), 0);
    EXPECT_EQ(as(uid, [&] { return ::chown(mine.c_str(), kOther, kGroup); }), EPERM);
    EXPECT_EQ(as(uid, [&] { return ::chown(mine.c_str(), kUser, 9999); }), EPERM);
  }
  EXPECT_EQ(look(real_ / "mine").st_mode & 07777, 0640u);
  EXPECT_EQ(look(real_ / "mine").st_size, 5);
}

TEST_F(AccessRoot, NobodyHasMoreRightsThanItsUser) {
  ASSERT_TRUE(write_file_atomic(real_ / "roots", "secret", 0600));
  fs::create_directory(real_ / "closed");
  fs::permissions(real_ / "closed", fs::perms(0700));
  const auto roots = (at_ / "roots").string();
  for (const uid_t uid : {uid_t{0}, kOther, kUser}) {
    EXPECT_EQ(
        as(uid, [&] { return UniqueFd(::open(roots.c_str(), O_RDONLY | O_CLOEXEC)) ? 0 : -1; }),
        EACCES);
    EXPECT_EQ(as(uid, [&] { return ::access(roots.c_str(), R_OK); }), EACCES);
    EXPECT_EQ(as(uid, [&] { return ::chmod(roots.c_str(), 0666); }), EPERM);
    EXPECT_EQ(as(uid, [&] { return ::chown(roots.c_str(), kUser, kGroup); }), EPERM);
    EXPECT_EQ(as(uid, [&] { return made(at_ / "closed/x"); }), EACCES);
    EXPECT_EQ(as(uid, [&] { return ::rmdir((at_ / "closed").c_str()); }), 0)
        << "its parent is ours";
    fs::create_directory(real_ / "closed");
    fs::permissions(real_ / "closed", fs::perms(0700));
  }
  EXPECT_EQ(look(at_ / "roots").st_uid, 0u) << "the owner is shown as it is";
  // A group of the access point opens what is the group's.
  ASSERT_EQ(::chown((real_ / "roots").c_str(), 0, kSecondary), 0);
  fs::permissions(real_ / "roots", fs::perms(0640));
  EXPECT_EQ(
      as(kOther, [&] { return UniqueFd(::open(roots.c_str(), O_RDONLY | O_CLOEXEC)) ? 0 : -1; }),
      0);
}

TEST_F(AccessRoot, LinksDoNotLeadOut) {
  fs::create_symlink("/etc", real_ / "etc");
  fs::create_directory(real_ / "dir");
  char target[64] = {};
  EXPECT_EQ(::readlink((at_ / "etc").c_str(), target, sizeof target), 4);
  // The kernel follows the link where the caller is; the mount itself never serves what is behind.
  const UniqueFd link(::open((at_ / "etc").c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  EXPECT_LT(::openat(link.get(), "passwd", O_RDONLY), 0);
  EXPECT_EQ(errno, ENOTDIR);
}

TEST_F(AccessRoot, AppendsOfTwoMountsLoseNothing) {
  const fs::path other = mounted("b");
  constexpr int kLines = 2000;
  std::vector<pid_t> writers;
  for (int writer = 0; writer < 4; ++writer) {
    const fs::path file = (writer % 2 ? other : at_) / "log";
    writers.push_back(start_as(writer < 2 ? kOther : 0, [&, file, writer] {
      const UniqueFd fd(::open(file.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644));
      for (int i = 0; i < kLines; ++i)
        if (!write_all(fd.get(), "writer " + std::to_string(writer) + " line\n")) return 1;
      return 0;
    }));
  }
  for (const pid_t pid : writers) EXPECT_EQ(result_of(pid), 0);
  EXPECT_EQ(look(real_ / "log").st_size, 4 * kLines * 14);
}

// Reads a number, adds one, writes it back, each under a lock.
int count_up(const fs::path& file, int times, bool posix) {
  const UniqueFd fd(::open(file.c_str(), O_RDWR | O_CLOEXEC));
  for (int i = 0; i < times; ++i) {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    if ((posix ? ::fcntl(fd.get(), F_SETLKW, &lock) : ::flock(fd.get(), LOCK_EX)) != 0) return 1;
    char text[16] = {};
    if (::pread(fd.get(), text, sizeof text - 1, 0) < 0) return 2;
    const std::string next = std::to_string(std::atoi(text) + 1);
    if (::pwrite(fd.get(), next.data(), next.size(), 0) < 0) return 3;
    lock.l_type = F_UNLCK;
    if ((posix ? ::fcntl(fd.get(), F_SETLK, &lock) : ::flock(fd.get(), LOCK_UN)) != 0) return 4;
  }
  return 0;
}

TEST_F(AccessRoot, LocksHoldBetweenMountsAndTheFolderItself) {
  const fs::path other = mounted("b");
  ASSERT_EQ(::chmod(base_.c_str(), 0711), 0);
  for (const bool posix : {true, false}) {
    ASSERT_TRUE(write_file_atomic(real_ / "count", "0", 0666));
    ASSERT_EQ(::chown((real_ / "count").c_str(), kUser, kGroup), 0);
    std::vector<pid_t> all;
    for (const fs::path& place : {at_, other, at_, other})
      all.push_back(start_as(kOther, [&] { return count_up(place / "count", 300, posix); }));
    all.push_back(start_as(0, [&] { return count_up(real_ / "count", 300, posix); }));
    for (const pid_t pid : all) EXPECT_EQ(result_of(pid), 0);
    EXPECT_EQ(*read_file(real_ / "count"), "1500") << (posix ? "fcntl" : "flock");
  }
}

TEST_F(AccessRoot, AFcntlLockIsAProcessesAndGoesWithItsClose) {
  ASSERT_EQ(as(kOther, [&] { return made(at_ / "f"); }), 0);
  const UniqueFd mine(::open((at_ / "f").c_str(), O_RDWR | O_CLOEXEC));
  struct flock lock {};
  lock.l_type = F_WRLCK;
  ASSERT_EQ(::fcntl(mine.get(), F_SETLK, &lock), 0);
  const UniqueFd again(::open((at_ / "f").c_str(), O_RDWR | O_CLOEXEC));
  EXPECT_EQ(::fcntl(again.get(), F_SETLK, &lock), 0) << "a process does not stand in its own way";
  const auto tried = [&] {  // by a child that inherited the descriptor
    return as(0, [&] {
      struct flock wanted {};
      wanted.l_type = F_WRLCK;
      return ::fcntl(mine.get(), F_SETLK, &wanted);
    });
  };
  EXPECT_EQ(tried(), EAGAIN);
  UniqueFd(::open((at_ / "f").c_str(), O_RDWR | O_CLOEXEC)).reset();
  EXPECT_EQ(tried(), 0) << "closing any descriptor of the file drops a process' locks";
}

// Files of one size and time look unchanged; who has the lock must see what was written all the
// same. (Two writes within a tick of the clock have one time where the kernel's stamps are coarse.)
TEST_F(AccessRoot, WhoGetsALockReadsWhatItsLastHolderWrote) {
  ASSERT_EQ(as(kOther, [&] { return made(at_ / "f"); }), 0);
  const UniqueFd real(::open((real_ / "f").c_str(), O_RDWR | O_CLOEXEC));
  const UniqueFd mine(::open((at_ / "f").c_str(), O_RDWR | O_CLOEXEC));
  const timespec same[2] = {{1000000000, 0}, {1000000000, 0}};
  const auto written_elsewhere = [&](const std::string& text) {
    ASSERT_EQ(::pwrite(real.get(), text.data(), text.size(), 0), ssize_t(text.size()));
    ASSERT_EQ(::futimens(real.get(), same), 0);
  };
  const auto seen = [&] {
    char text[4] = {};
    EXPECT_EQ(::pread(mine.get(), text, 3, 0), 3);
    return std::string(text);
  };
  written_elsewhere("one");
  EXPECT_EQ(seen(), "one");
  struct flock lock {};
  lock.l_type = F_WRLCK;
  written_elsewhere("two");
  ASSERT_EQ(::fcntl(mine.get(), F_SETLK, &lock), 0);
  EXPECT_EQ(seen(), "two") << "fcntl";
  written_elsewhere("six");
  ASSERT_EQ(::flock(mine.get(), LOCK_SH), 0);
  EXPECT_EQ(seen(), "six") << "flock";
}

// The signal meets the request before it waits, on its way into waiting, and while it waits.
TEST_F(AccessRoot, WhoWaitsForALockCanBeKilled) {
  ASSERT_EQ(as(kOther, [&] { return made(at_ / "f"); }), 0);
  const UniqueFd held(::open((real_ / "f").c_str(), O_RDWR | O_CLOEXEC));
  for (const bool posix : {true, false}) {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    if (posix)
      ASSERT_EQ(::fcntl(held.get(), F_OFD_SETLK, &lock), 0);
    else
      ASSERT_EQ(::flock(held.get(), LOCK_EX), 0);
    for (int after_us = 0; after_us < 300; ++after_us) {
      int told[2];
      ASSERT_EQ(::pipe2(told, O_CLOEXEC), 0);
      const pid_t waiter = start_as(0, [&] {
        const UniqueFd fd(::open((at_ / "f").c_str(), O_RDWR | O_CLOEXEC));
        (void)!::write(told[1], "x", 1);
        struct flock wanted {};
        wanted.l_type = F_WRLCK;
        return posix ? ::fcntl(fd.get(), F_SETLKW, &wanted) : ::flock(fd.get(), LOCK_EX);
      });
      char x;
      ASSERT_EQ(::read(told[0], &x, 1), 1);
      for (const auto end = Clock::now() + std::chrono::microseconds(after_us); Clock::now() < end;)
        continue;
      ::kill(waiter, SIGKILL);
      EXPECT_EQ(result_of(waiter), 1000 + SIGKILL);
      ::close(told[0]);
      ::close(told[1]);
    }
    lock.l_type = F_UNLCK;
    ASSERT_EQ(posix ? ::fcntl(held.get(), F_OFD_SETLK, &lock) : ::flock(held.get(), LOCK_UN), 0);
  }
}

}  // namespace
}  // namespace drydock::volumes
