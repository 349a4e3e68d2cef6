#include "control/store.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "base/ids.h"

namespace drydock::control {
namespace {

class StoreTest : public ::testing::Test {
 protected:
  StoreTest()
      : folder(std::filesystem::temp_directory_path() / ("drydock-store-" + random_hex(6))) {
    std::filesystem::create_directories(folder);
  }
  ~StoreTest() override { std::filesystem::remove_all(folder); }
  std::unique_ptr<Store> open() {
    auto opened = Store::open(path());
    if (!opened) {
      ADD_FAILURE() << opened.error().message;
      return nullptr;
    }
    return std::move(*opened);
  }
  std::string path() const { return folder / "drydock.db"; }
  std::filesystem::path folder;
};

TEST_F(StoreTest, KeepsTheLastValueOfEachDocument) {
  {
    auto store = open();
    store->put("task", "a", "1");
    store->put("task", "a", std::string("2\0x", 3));
    store->put("task", "b", "1");
    store->remove("task", "b");
    store->put("cluster", "a", "c");
    EXPECT_TRUE(store->committed().get());
  }
  auto store = open();
  const auto tasks = store->load_all("task");
  ASSERT_EQ(tasks->size(), 1u);
  EXPECT_EQ((*tasks)[0].second, std::string("2\0x", 3));
  store->clear();
  store->put("cluster", "new", "n");
  EXPECT_TRUE(store->committed().get());
  EXPECT_TRUE(store->load_all("task")->empty());
  EXPECT_EQ(store->load_all("cluster")->size(), 1u);
}

TEST_F(StoreTest, WhatIsQueuedAtTheEndIsWritten) {
  open()->put("k", "a", "1");
  EXPECT_EQ(open()->load_all("k")->size(), 1u);
}

TEST_F(StoreTest, OnlyItsOwnerMayReadIt) {
  const auto store = open();
  struct stat st {};
  ASSERT_EQ(::stat(path().c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600u);
}

TEST_F(StoreTest, ADamagedFileIsNamed) {
  std::ofstream(path()) << std::string(8192, 'x');
  const auto opened = Store::open(path());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::kInvalid);
  EXPECT_NE(opened.error().message.find(path()), std::string::npos);
  EXPECT_NE(opened.error().message.find("damaged"), std::string::npos) << opened.error().message;
}

TEST_F(StoreTest, AFileOfANewerVersionIsLeftAlone) {
  open();
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path().c_str(), &db), SQLITE_OK);
  sqlite3_exec(db, "PRAGMA user_version=99; DROP TABLE about", nullptr, nullptr, nullptr);
  sqlite3_close(db);
  const auto opened = Store::open(path());
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("newer Drydock"), std::string::npos)
      << opened.error().message;
}

TEST_F(StoreTest, TwoDaemonsCannotShareIt) {
  const auto first = open();
  const auto second = Store::open(path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::kBusy) << second.error().message;
}

TEST_F(StoreTest, AMissingFolderIsAnError) {
  const auto opened = Store::open((folder / "no" / "x.db").string());
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("No such file"), std::string::npos);
}

// A full disk, as a limit on the size of files. In a child, for the limit is the process's.
TEST_F(StoreTest, WhatCouldNotBeWrittenIsWrittenWithTheNextCommit) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    auto store = Store::open(path());
    if (!store) ::_exit(1);
    const rlimit small{64 << 10, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &small);
    (*store)->put("k", "big", std::string(1 << 20, 'x'));
    (*store)->put("k", "small", "old");
    const Status failed = (*store)->committed().get();
    if (failed || failed.error().message.find(path()) == std::string::npos) ::_exit(2);
    if (!(*store)->load_all("k")->empty()) ::_exit(3);
    const rlimit large{RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &large);
    (*store)->put("k", "small", "new");
    ::_exit((*store)->committed().get() ? 0 : 4);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  const auto store = open();
  const auto kept = store->load_all("k");
  ASSERT_EQ(kept->size(), 2u);
  EXPECT_EQ(kept->at(1).second, "new");
}

// The child writes numbered pairs and reports each commit; it is killed in the middle of that.
TEST_F(StoreTest, AKilledWriterLosesNothingItReportedAndLeavesNoHalfTransaction) {
  for (int round = 0; round < 5; ++round) {
    int pipe_fds[2];
    ASSERT_EQ(::pipe2(pipe_fds, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto store = Store::open(path());
      if (!store) ::_exit(1);
      for (int i = 1;; ++i) {
        const std::string text = std::to_string(i);
        {
          const Store::Hold pair(**store);
          (*store)->put("left", "n", text);
          (*store)->put("right", "n", text);
        }
        if (!(*store)->committed().get()) ::_exit(2);
        if (::write(pipe_fds[1], &i, sizeof i) != sizeof i) ::_exit(3);
      }
    }
    ::close(pipe_fds[1]);
    int reported = 0;
    for (int n = 0;
         n < 50 + round * 37 && ::read(pipe_fds[0], &reported, sizeof reported) == sizeof reported;
         ++n) {
    }
    ::kill(child, SIGKILL);
    int later = 0;
    while (::read(pipe_fds[0], &later, sizeof later) == sizeof later) reported = later;
    ::close(pipe_fds[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    const auto store = open();
    const auto left = store->load_all("left");
    const auto right = store->load_all("right");
    ASSERT_EQ(left->size(), 1u);
    EXPECT_EQ(left->at(0).second, right->at(0).second);
    EXPECT_GE(std::stoi(left->at(0).second), reported);
  }
}

}  // namespace
}  // namespace drydock::control
