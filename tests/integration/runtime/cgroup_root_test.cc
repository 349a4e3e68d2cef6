#include "runtime/cgroup.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>

#include "base/files.h"
#include "base/spawn.h"

namespace drydock::runtime {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTask = "0123456789abcdef0123456789abcdef";
constexpr const char* kContainer = "0123456789abcdef0123456789abcdef-1234567890";

class CgroupRoot : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    auto found = cgroup_mounts();
    if (!found) GTEST_SKIP() << found.error().message;
    mounts_ = *found;
    char name[] = "/tmp/drydock-cgroup-XXXXXX";
    run_ = ::mkdtemp(name);
    parent_ = "/drydock-test" + std::to_string(::getpid());
    auto groups = Cgroups::open(mounts_, parent_, run_);
    ASSERT_TRUE(groups) << groups.error().message;
    groups_.emplace(std::move(*groups));
  }
  void TearDown() override {
    if (!groups_) return;
    const auto gone = groups_->remove_all();
    EXPECT_TRUE(gone) << gone.error().message;
    for (const std::string& root : roots()) EXPECT_FALSE(exists(root + parent_)) << root;
    EXPECT_EQ(read_file("/proc/self/mountinfo")->find(run_), std::string::npos);
    fs::remove_all(run_);
  }
  std::vector<std::string> roots() const {
    std::vector<std::string> all;
    for (const auto& h : mounts_.v1) all.push_back(h.mount);
    if (!mounts_.unified.empty()) all.push_back(mounts_.unified);
    return all;
  }
  // Runs `script` in the container's group of every hierarchy, as a runtime would.
  Child start(const std::string& script) {
    std::string enter;
    for (const std::string& root : roots()) {
      const std::string folder = root + groups_->container_path(kTask, kContainer);
      fs::create_directories(folder);
      if (!mounts_.pure_v2() && exists(folder + "/cpuset.cpus"))
        for (const char* file : {"/cpuset.cpus", "/cpuset.mems"})
          for (const auto& at :
               {groups_->task_path(kTask), groups_->container_path(kTask, kContainer)})
            enter += "cat " + root + file + " > " + root + at + file + "; ";
      enter += "echo $$ > " + folder + "/cgroup.procs; ";
    }
    int ready[2];
    EXPECT_EQ(::pipe2(ready, O_CLOEXEC), 0);
    UniqueFd read_end(ready[0]);
    UniqueFd write_end(ready[1]);
    auto child = spawn({"/bin/sh",
                        {"-c", enter + "echo in; " + script},
                        {"PATH=/bin:/usr/bin"},
                        -1,
                        write_end.get(),
                        -1});
    EXPECT_TRUE(child);
    char text[8];
    EXPECT_GT(::read(read_end.get(), text, sizeof text), 0);
    return std::move(*child);
  }
  static int reap(const Child& child) {
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(child.pid), &info, WEXITED) != 0 && errno == EINTR) {
    }
    return info.si_status;
  }
  std::string number(const std::string& controller, const std::string& file) {
    auto text = read_file(mounts_.of(controller) + groups_->task_path(kTask) + "/" + file);
    if (!text) return text.error().message;
    while (!text->empty() && text->back() == '\n') text->pop_back();
    return *text;
  }
  CgroupMounts mounts_;
  std::string run_, parent_;
  std::optional<Cgroups> groups_;
};

TEST_F(CgroupRoot, ATaskHasItsCpuAndMemory) {
  ASSERT_TRUE(groups_->make_task(kTask, {256, 0, 512}));
  ASSERT_TRUE(groups_->make_task(kTask, {512, 0, 1024})) << "again, with other limits";
  if (mounts_.pure_v2()) {
    EXPECT_EQ(number("cpu", "cpu.max"), "50000 100000");
    EXPECT_EQ(number("memory", "memory.max"), "1073741824");
  } else {
    EXPECT_EQ(number("cpu", "cpu.cfs_quota_us"), "50000");
    EXPECT_EQ(number("memory", "memory.limit_in_bytes"), "1073741824");
  }
}

TEST_F(CgroupRoot, ATaskWithoutSizeGetsShares) {
  ASSERT_TRUE(groups_->make_task(kTask, {0, 1024, 0}));
  EXPECT_EQ(mounts_.pure_v2() ? number("cpu", "cpu.weight") : number("cpu", "cpu.shares"),
            mounts_.pure_v2() ? "39" : "1024");
}

TEST_F(CgroupRoot, EverythingInATaskIsKilledAndItsGroupsGo) {
  ASSERT_TRUE(groups_->make_task(kTask, {256, 0, 512}));
  const Child child = start(
      "trap '' TERM HUP INT; for i in 1 2 3 4 5; do (while :; do sleep 100; done) & done; wait");
  EXPECT_GE(groups_->processes(groups_->task_path(kTask)).size(), 1u);
  const auto removed = groups_->remove_task(kTask);
  ASSERT_TRUE(removed) << removed.error().message;
  EXPECT_EQ(reap(child), SIGKILL);
  for (const std::string& root : roots())
    EXPECT_FALSE(exists(root + groups_->task_path(kTask))) << root;
  EXPECT_TRUE(groups_->remove_task(kTask));
}

TEST_F(CgroupRoot, AForkStormDoesNotEscape) {
  ASSERT_TRUE(groups_->make_task(kTask, {256, 0, 128}));
  const Child child = start(
      "f() { sleep 0.01 & (f) & sleep 0.01; }; i=0; while [ $i -lt 200 ]; do (sleep 50 & exit) & "
      "i=$((i+1)); done; sleep 100");
  const auto killed = groups_->kill_all(groups_->task_path(kTask));
  EXPECT_TRUE(killed) << killed.error().message;
  reap(child);
  EXPECT_TRUE(groups_->processes(groups_->task_path(kTask)).empty());
}

TEST_F(CgroupRoot, SweepTakesOnlyUnknownTasks) {
  ASSERT_TRUE(groups_->make_task(kTask, {256, 0, 512}));
  ASSERT_TRUE(groups_->make_task("old", {256, 0, 512}));
  const auto swept = groups_->sweep({kTask});
  ASSERT_TRUE(swept);
  EXPECT_EQ(*swept, std::vector<std::string>{"old"});
  EXPECT_TRUE(exists(mounts_.of("memory") + groups_->task_path(kTask)));
}

TEST_F(CgroupRoot, AProcessKilledForMemoryIsCounted) {
  ASSERT_TRUE(groups_->make_task(kTask, {256, 0, 16}));
  const Child child = start("exec dd if=/dev/zero of=/dev/null bs=64M count=1 2>/dev/null");
  EXPECT_EQ(reap(child), SIGKILL);
  const std::string path = groups_->container_path(kTask, kContainer);
  EXPECT_EQ(groups_->oom_kills(path), 1u) << groups_->oom_file(path);
  EXPECT_EQ(groups_->oom_kills(path + "x"), 0u);
}

TEST_F(CgroupRoot, TheKeptNamespaceShowsTheContainerAsEcsDoes) {
  ASSERT_TRUE(groups_->make_task(kTask, {256, 0, 512}));
  const std::string out = run_ + "/seen";
  const Child child =
      start("nsenter --cgroup=" + groups_->namespace_path() + " cat /proc/self/cgroup > " + out);
  EXPECT_EQ(reap(child), 0);
  const auto seen = read_file(out);
  ASSERT_TRUE(seen);
  EXPECT_NE(seen->find(":/ecs/" + std::string(kTask) + "/" + kContainer + "\n"), std::string::npos)
      << *seen;
  EXPECT_EQ(seen->find(parent_), std::string::npos) << *seen;
}

TEST_F(CgroupRoot, ASecondOpenKeepsTheNamespaceAndTheTasks) {
  ASSERT_TRUE(groups_->make_task(kTask, {256, 0, 512}));
  struct stat before {};
  struct stat after {};
  ASSERT_EQ(::stat(groups_->namespace_path().c_str(), &before), 0);
  const auto again = Cgroups::open(mounts_, parent_, run_);
  ASSERT_TRUE(again) << again.error().message;
  ASSERT_EQ(::stat(groups_->namespace_path().c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
  EXPECT_TRUE(exists(mounts_.of("memory") + groups_->task_path(kTask)));
}

TEST_F(CgroupRoot, AShimMovesItselfByItsFiles) {
  ASSERT_TRUE(groups_->make_task(kTask, {256, 0, 512}));
  std::string script;
  for (const std::string& file : groups_->shim_files()) script += "echo 0 > " + file + "; ";
  const Child child = start(script + "cat /proc/self/cgroup > " + run_ + "/seen");
  EXPECT_EQ(reap(child), 0);
  EXPECT_NE(read_file(run_ + "/seen")->find(parent_ + "/shims\n"), std::string::npos);
}

TEST_F(CgroupRoot, ADaemonLeavesItsStartersGroup) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(groups_->enter_daemon_group() && ::raise(SIGSTOP) == 0 ? 0 : 1);
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, WUNTRACED), pid);
  ASSERT_TRUE(WIFSTOPPED(status));
  const auto seen = read_file("/proc/" + std::to_string(pid) + "/cgroup");
  EXPECT_NE(seen->find(parent_ + "/daemon\n"), std::string::npos) << *seen;
  ::kill(pid, SIGKILL);
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
}

TEST_F(CgroupRoot, AStrangeParentIsRefused) {
  for (const char* parent : {"", "/", "x", "/a/b"})
    EXPECT_FALSE(Cgroups::open(mounts_, parent, run_)) << parent;
}

// A tree of v2 without controllers stands for a v2 machine where there is one: the ways of killing
// and waiting are v2's.
TEST_F(CgroupRoot, AV2TreeIsEmptiedByItsOwnMeans) {
  if (mounts_.unified.empty()) GTEST_SKIP() << "no cgroup2 mount";
  const std::string path = parent_ + "/ecs/v2";
  fs::create_directories(mounts_.unified + path + "/deep/er");
  auto child = spawn(
      {"/bin/sh",
       {"-c", "echo $$ > " + mounts_.unified + path + "/deep/er/cgroup.procs; sleep 100 & wait"},
       {"PATH=/bin:/usr/bin"},
       -1,
       -1,
       -1});
  ASSERT_TRUE(child);
  CgroupMounts only;
  only.unified = mounts_.unified;
  const auto v2 = Cgroups::over(only, parent_, run_);
  while (v2.processes(path).empty()) ASSERT_EQ(::sched_yield(), 0);
  ASSERT_TRUE(v2.remove(path));
  EXPECT_EQ(reap(*child), SIGKILL);
  EXPECT_FALSE(exists(mounts_.unified + path));
}

}  // namespace
}  // namespace drydock::runtime
