// More of pjdfstest's cases, on the mount of an access point with a user: sticky folders, links,
// renames over others, races for a name, times, files that are gone and still open, shared memory.
#include <dirent.h>
#include <sys/mman.h>

#include <memory>
#include <set>

#include "tests/integration/volumes/access_fixture.h"

namespace drydock::volumes {
namespace {

class AccessRules : public AccessRoot {
 protected:
  // A file of the real folder, of any owner.
  fs::path real_file(const std::string& name, uid_t uid, mode_t mode,
                     const std::string& text = "x") {
    const fs::path path = real_ / name;
    EXPECT_TRUE(write_file_atomic(path, text, mode));
    EXPECT_EQ(::chown(path.c_str(), uid, uid), 0);
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path;
  }
  fs::path real_folder(const std::string& name, uid_t uid, mode_t mode) {
    const fs::path path = real_ / name;
    EXPECT_EQ(::mkdir(path.c_str(), 0700), 0);
    EXPECT_EQ(::chown(path.c_str(), uid, uid), 0);
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path;
  }
  int moved(uid_t uid, const std::string& from, const std::string& to, unsigned flags = 0) {
    return as(uid, [&] {
      return ::renameat2(AT_FDCWD, (at_ / from).c_str(), AT_FDCWD, (at_ / to).c_str(), flags);
    });
  }
};

TEST_F(AccessRules, AStickyFolderIsForTheOwnersOfItsFiles) {
  real_folder("sticky", 0, 01777);
  for (const uid_t uid : {uid_t{0}, kOther, kUser}) {
    real_file("sticky/theirs", kOther, 0666);
    EXPECT_EQ(as(uid, [&] { return ::unlink((at_ / "sticky/theirs").c_str()); }), EPERM);
    EXPECT_EQ(moved(uid, "sticky/theirs", "sticky/taken"), EPERM);
    EXPECT_EQ(as(uid, [&] { return made(at_ / "sticky/mine"); }), 0);
    EXPECT_EQ(moved(uid, "sticky/mine", "sticky/theirs"), EPERM) << "over another's file";
    EXPECT_EQ(as(uid, [&] { return ::unlink((at_ / "sticky/mine").c_str()); }), 0);
  }
  // In a sticky folder of its own it may.
  real_folder("own", kUser, 01777);
  real_file("own/theirs", kOther, 0666);
  EXPECT_EQ(as(kOther, [&] { return ::unlink((at_ / "own/theirs").c_str()); }), 0);
}

TEST_F(AccessRules, HardLinksAcrossFoldersAreOneFile) {
  ASSERT_EQ(as(0, [&] { return ::mkdir((at_ / "a").c_str(), 0755); }), 0);
  ASSERT_EQ(as(kOther, [&] { return ::mkdir((at_ / "b").c_str(), 0755); }), 0);
  ASSERT_EQ(as(0, [&] { return made(at_ / "a/f"); }), 0);
  ASSERT_EQ(as(kOther, [&] { return ::link((at_ / "a/f").c_str(), (at_ / "b/g").c_str()); }), 0);
  EXPECT_EQ(look(at_ / "a/f").st_nlink, 2u);
  EXPECT_EQ(look(at_ / "a/f").st_ino, look(at_ / "b/g").st_ino);
  {
    const UniqueFd fd(::open((at_ / "b/g").c_str(), O_WRONLY | O_CLOEXEC));
    ASSERT_TRUE(write_all(fd.get(), "by the other name"));
  }
  EXPECT_EQ(*read_file(at_ / "a/f"), "by the other name");
  EXPECT_EQ(as(0, [&] { return ::link((at_ / "a/f").c_str(), (at_ / "b/g").c_str()); }), EEXIST);
  EXPECT_EQ(as(0, [&] { return ::link((at_ / "a").c_str(), (at_ / "b/a").c_str()); }), EPERM);
  EXPECT_EQ(as(0, [&] { return ::link((at_ / "no").c_str(), (at_ / "b/no").c_str()); }), ENOENT);
  EXPECT_EQ(as(kOther, [&] { return ::unlink((at_ / "a/f").c_str()); }), 0);
  EXPECT_EQ(look(at_ / "b/g").st_nlink, 1u);
  EXPECT_EQ(*read_file(at_ / "b/g"), "by the other name");
}

TEST_F(AccessRules, RenamesReplaceWhatTheyMay) {
  for (const char* name : {"d1", "d2", "full"})
    ASSERT_EQ(as(0, [&] { return ::mkdir((at_ / name).c_str(), 0755); }), 0);
  for (const char* name : {"f1", "f2", "full/x"})
    ASSERT_EQ(as(0, [&] { return made(at_ / name); }), 0);
  EXPECT_EQ(moved(kOther, "f1", "d1"), EISDIR);
  EXPECT_EQ(moved(kOther, "d1", "f1"), ENOTDIR);
  EXPECT_EQ(moved(kOther, "d1", "full"), ENOTEMPTY);
  EXPECT_EQ(moved(kOther, "full", "full/in"), EINVAL);
  EXPECT_EQ(moved(kOther, "f1", "f2", RENAME_NOREPLACE), EEXIST);
  // What is replaced lives on for who has it open.
  ASSERT_TRUE(write_file_atomic(real_ / "f2", "before"));
  const UniqueFd open(::open((at_ / "f2").c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(moved(kOther, "f1", "f2"), 0);
  char text[8] = {};
  EXPECT_EQ(::pread(open.get(), text, 6, 0), 6);
  EXPECT_STREQ(text, "before");
  EXPECT_FALSE(exists(at_ / "f1"));
  EXPECT_EQ(look(at_ / "f2").st_size, 0);
  EXPECT_EQ(moved(0, "d1", "d2"), 0) << "over an empty folder";
  EXPECT_EQ(moved(0, "full/x", "d2/y"), 0) << "into another folder";
  EXPECT_EQ(moved(0, "f2", "d2", RENAME_EXCHANGE), 0);
  EXPECT_TRUE(S_ISDIR(look(at_ / "f2").st_mode));
  EXPECT_TRUE(exists(at_ / "f2/y"));
}

TEST_F(AccessRules, ANewNameHasOneMaker) {
  const fs::path other = mounted("b");
  constexpr int kNames = 100;
  int told[2];
  ASSERT_EQ(::pipe2(told, O_CLOEXEC), 0);
  std::vector<pid_t> racers;
  for (int racer = 0; racer < 4; ++racer)
    racers.push_back(start_as(racer % 2 ? kOther : 0, [&, racer] {
      for (int i = 0; i < kNames; ++i)
        if (made((racer < 2 ? at_ : other) / std::to_string(i)) == 0)
          (void)!::write(told[1], "x", 1);
        else if (errno != EEXIST)
          return errno;
      return 0;
    }));
  for (const pid_t pid : racers) EXPECT_EQ(result_of(pid), 0);
  ::close(told[1]);
  char won[4 * kNames];
  EXPECT_EQ(::read(told[0], won, sizeof won), kNames);
  ::close(told[0]);
}

TEST_F(AccessRules, TimesFollowTheOwner) {
  real_file("writable", kOther, 0666);
  real_file("readable", kOther, 0644);
  ASSERT_EQ(as(0, [&] { return made(at_ / "mine"); }), 0);
  const timespec wanted[2] = {{1000000000, 1}, {1100000000, 123456789}};
  const timespec now_and_omit[2] = {{0, UTIME_NOW}, {0, UTIME_OMIT}};
  const auto set = [&](uid_t uid, const char* name, const timespec* times) {
    return as(uid, [&] { return ::utimensat(AT_FDCWD, (at_ / name).c_str(), times, 0); });
  };
  for (const uid_t uid : {uid_t{0}, kOther, kUser}) {
    EXPECT_EQ(set(uid, "writable", nullptr), 0) << "who may write may say now";
    EXPECT_EQ(set(uid, "readable", nullptr), EACCES);
    EXPECT_EQ(set(uid, "writable", wanted), EPERM);
    EXPECT_EQ(set(uid, "mine", wanted), 0);
  }
  EXPECT_EQ(look(at_ / "mine").st_mtim.tv_nsec, 123456789);
  EXPECT_EQ(look(real_ / "mine").st_atim.tv_sec, 1000000000);
  EXPECT_EQ(set(kOther, "mine", now_and_omit), 0);
  EXPECT_EQ(look(at_ / "mine").st_mtim.tv_sec, 1100000000);
  EXPECT_GT(look(at_ / "mine").st_atim.tv_sec, 1100000000);
}

TEST_F(AccessRules, WhatIsGoneAndOpenLivesOn) {
  ASSERT_EQ(as(0, [&] { return made(at_ / "f"); }), 0);
  const UniqueFd fd(::open((at_ / "f").c_str(), O_RDWR | O_CLOEXEC));
  EXPECT_EQ(as(kOther, [&] { return ::unlink((at_ / "f").c_str()); }), 0);
  EXPECT_TRUE(write_all(fd.get(), "still here"));
  char text[16] = {};
  EXPECT_EQ(::pread(fd.get(), text, 10, 0), 10);
  EXPECT_STREQ(text, "still here");
  struct stat st {};
  EXPECT_EQ(::fstat(fd.get(), &st), 0);
  EXPECT_EQ(st.st_nlink, 0u);
  EXPECT_EQ(st.st_size, 10);
  EXPECT_EQ(::ftruncate(fd.get(), 3), 0);
  EXPECT_EQ(::fchmod(fd.get(), 0600), 0);
  // Its name is free for another file, which is not it.
  EXPECT_EQ(as(0, [&] { return made(at_ / "f"); }), 0);
  EXPECT_EQ(look(at_ / "f").st_size, 0);
  EXPECT_NE(look(at_ / "f").st_ino, st.st_ino);
  EXPECT_TRUE(fs::remove(real_ / "f"));
  EXPECT_EQ(::open((at_ / "f").c_str(), O_RDONLY | O_CLOEXEC), -1) << "no name is kept";
}

TEST_F(AccessRules, MemoryOfAFileIsShared) {
  constexpr std::size_t kSize = 3 * 4096;
  ASSERT_EQ(as(0, [&] { return made(at_ / "f"); }), 0);
  const UniqueFd fd(::open((at_ / "f").c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(::ftruncate(fd.get(), kSize), 0);
  auto* mine =
      static_cast<char*>(::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0));
  ASSERT_NE(mine, MAP_FAILED);
  EXPECT_EQ(as(kOther,
               [&] {
                 const UniqueFd theirs(::open((at_ / "f").c_str(), O_RDWR | O_CLOEXEC));
                 auto* map = static_cast<char*>(
                     ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_SHARED, theirs.get(), 0));
                 if (map == MAP_FAILED) return -1;
                 std::copy_n("from the other", 15, map + 4096);
                 return 0;
               }),
            0);
  EXPECT_STREQ(mine + 4096, "from the other");
  std::copy_n("from me", 8, mine + 2 * 4096);
  EXPECT_EQ(::msync(mine, kSize, MS_SYNC), 0);
  const auto kept = read_file(real_ / "f");
  EXPECT_EQ(std::string(kept->c_str() + 4096), "from the other");
  EXPECT_EQ(std::string(kept->c_str() + 2 * 4096), "from me");
  ::munmap(mine, kSize);
}

TEST_F(AccessRules, ModeBitsAreThoseOfTheUser) {
  ASSERT_EQ(as(0, [&] { return made(at_ / "f", 0755); }), 0);
  // Root of a container has no more to say than the user.
  EXPECT_EQ(as(0, [&] { return ::chmod((at_ / "f").c_str(), 04755); }), 0);
  EXPECT_EQ(look(at_ / "f").st_mode & 07777, 04755u);
  EXPECT_EQ(as(0,
               [&] {
                 const UniqueFd fd(::open((at_ / "f").c_str(), O_WRONLY | O_CLOEXEC));
                 return write_all(fd.get(), "x") ? 0 : -1;
               }),
            0);
  EXPECT_EQ(look(at_ / "f").st_mode & 07777, 0755u) << "a write takes set-uid away";
  // A folder with set-gid gives its group to what is made in it.
  ASSERT_EQ(as(0, [&] { return ::mkdir((at_ / "d").c_str(), 0755); }), 0);
  ASSERT_EQ(as(0, [&] { return ::chown((at_ / "d").c_str(), -1, kSecondary); }), 0);
  ASSERT_EQ(as(0, [&] { return ::chmod((at_ / "d").c_str(), 02775); }), 0);
  EXPECT_EQ(as(kOther, [&] { return made(at_ / "d/f"); }), 0);
  EXPECT_EQ(as(kOther, [&] { return ::mkdir((at_ / "d/d").c_str(), 0755); }), 0);
  EXPECT_EQ(look(at_ / "d/f").st_gid, kSecondary);
  EXPECT_EQ(look(at_ / "d/d").st_mode & 07777, 02755u);
}

TEST_F(AccessRules, NamesHaveTheLimitsOfTheFolderBelow) {
  const std::string longest(255, 'n');
  EXPECT_EQ(as(0, [&] { return made(at_ / longest); }), 0);
  EXPECT_EQ(as(0, [&] { return made(at_ / (longest + "n")); }), ENAMETOOLONG);
  EXPECT_EQ(as(0, [&] { return made(at_ / longest / "x"); }), ENOTDIR);
  ASSERT_EQ(as(0, [&] { return ::symlink("loop", (at_ / "loop").c_str()); }), 0);
  EXPECT_EQ(as(0, [&] { return made(at_ / "loop/x"); }), ELOOP);
  EXPECT_EQ(as(0, [&] { return ::rmdir((at_ / longest).c_str()); }), ENOTDIR);
  EXPECT_EQ(as(0, [&] { return ::mkdir((at_ / "a").c_str(), 0755); }), 0);
  EXPECT_EQ(as(0, [&] { return ::unlink((at_ / "a").c_str()); }), EISDIR);
}

TEST_F(AccessRules, ALongListHasEveryNameOnceWhileOthersGo) {
  constexpr int kFiles = 1000;
  for (int i = 0; i < kFiles; ++i) real_file(std::to_string(i), kUser, 0644);
  const std::unique_ptr<DIR, int (*)(DIR*)> list(::opendir(at_.c_str()), ::closedir);
  ASSERT_TRUE(list);
  std::multiset<std::string> seen;
  while (const dirent* entry = ::readdir(list.get())) {
    const std::string name = entry->d_name;
    if (name.front() == '.') continue;
    seen.insert(name);
    fs::remove(real_ / name);
  }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(kFiles));
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), seen.size());
  EXPECT_TRUE(fs::is_empty(at_));
}

}  // namespace
}  // namespace drydock::volumes
