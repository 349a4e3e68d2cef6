#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "container.h"
#include "logrouter/checkpoint.h"
#include "logrouter/reader.h"
#include "runtime/shim/adopt.h"

namespace drydock::runtime::shim {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(ShimRoot, OutputAndCodeAreKept) {
  Container c(sh("echo out; echo err >&2; exit 7"));
  const Exited e = c.run();
  EXPECT_EQ(e.code, 7);
  EXPECT_EQ(e.signal, std::nullopt);
  EXPECT_FALSE(e.oom_killed);
  EXPECT_EQ(e.failure, Failure::kNone);
  EXPECT_THAT(c.log(), ::testing::UnorderedElementsAre("out: out", "err: err"));
  EXPECT_EQ(c.said, "");
}

TEST_F(ShimRoot, EveryLineIsThereWhenTheExitIs) {
  for (int i = 0; i < 5; ++i) {
    Container c(sh("seq 1 20000"));
    c.start();
    c.await_exit();
    EXPECT_EQ(c.exited().code, 0);
    EXPECT_EQ(c.log().size(), 20000u);
    EXPECT_EQ(c.await_shim(), 0);
  }
}

TEST_F(ShimRoot, StartedNamesTheRunningProcess) {
  Container c({"/bin/sleep", "1000"});
  c.start();
  c.await_start();
  const Started s = c.started();
  EXPECT_EQ(start_ticks(read_file("/proc/" + std::to_string(s.pid) + "/stat").value()),
            s.start_ticks);
  // Between the runtime's word that it runs and the end of its exec the kernel shows the runtime's
  // own arguments, or none.
  const std::string wanted("/bin/sleep\0001000\0", 16);
  std::string arguments;
  for (const Time end = now() + std::chrono::seconds(60); arguments != wanted && now() < end;)
    arguments = read_file("/proc/" + std::to_string(s.pid) + "/cmdline").value();
  EXPECT_EQ(arguments, wanted);
  EXPECT_EQ(::kill(s.pid, SIGKILL), 0);
  c.await_exit();
  EXPECT_EQ(c.exited().signal, SIGKILL);
  EXPECT_EQ(c.exited().code, std::nullopt);
}

TEST_F(ShimRoot, CodeAbove128IsNoSignal) {
  Container c(sh("exit 137"));
  EXPECT_EQ(c.run().code, 137);
}

TEST_F(ShimRoot, ContainerGetsItsSignalsAndDefaultDispositions) {
  Container c(
      sh("trap 'echo term; exit 3' TERM; trap 'echo hup' HUP; echo ready; while :; do sleep 0.05; "
         "done"));
  c.start();
  c.await_start();
  const pid_t pid = c.started().pid;
  // Neither ignored nor blocked, whatever the shim itself does.
  const std::string status = read_file("/proc/" + std::to_string(pid) + "/status").value();
  EXPECT_THAT(status, HasSubstr("SigBlk:\t0000000000000000"));
  auto watch = logrouter::JournalWatch::create().value();
  ASSERT_TRUE(watch.add(c.request.journal));
  while (c.log().empty()) {
    wait_readable(watch.fd());
    watch.drain();
  }
  ::kill(pid, SIGHUP);
  while (c.log().size() < 2) {
    wait_readable(watch.fd());
    watch.drain();
  }
  ::kill(pid, SIGTERM);
  c.await_exit();
  EXPECT_EQ(c.exited().code, 3);
  EXPECT_THAT(c.log(), ElementsAre("out: ready", "out: hup", "out: term"));
}

TEST_F(ShimRoot, OutOfMemoryIsTold) {
  Container c(sh("tail /dev/zero"));
  c.config["linux"]["devices"] = Json::array();
  c.limit_memory(16 << 20);
  const Exited e = c.run();
  EXPECT_TRUE(e.oom_killed);
}

TEST_F(ShimRoot, KillAloneIsNotOutOfMemory) {
  Container c(sh("kill -9 $$; sleep 100 & kill -9 $!; wait $!; exit 137"));
  c.limit_memory(64 << 20);
  EXPECT_FALSE(c.run().oom_killed);
}

TEST_F(ShimRoot, MissingCommandIsNamed) {
  for (const char* command : {"nosuch", "/bin/nosuch"}) {
    Container c({command});
    const Exited e = c.run();
    EXPECT_EQ(e.failure, Failure::kCommandNotFound);
    EXPECT_THAT(e.error, HasSubstr(std::string("exec: \"") + command));
    EXPECT_EQ(e.exit_code(), std::nullopt);
    EXPECT_TRUE(c.log().empty()) << "the runtime's words are not the container's";
    EXPECT_EQ(read_started(c.bundle()).value(), std::nullopt);
  }
}

TEST_F(ShimRoot, CommandThatIsNotExecutableIsNamed) {
  Container c({"/etc/data"});
  ASSERT_TRUE(write_file_atomic(c.bundle() + "/rootfs/etc/data", "text"));
  const Exited e = c.run();
  EXPECT_EQ(e.failure, Failure::kCommandNotExecutable);
  EXPECT_THAT(e.error, HasSubstr("/etc/data"));
}

TEST_F(ShimRoot, ImpossibleMountIsACreateFailure) {
  Container c({"/bin/true"});
  c.config["mounts"].push_back({{"destination", "/data"},
                                {"type", "bind"},
                                {"source", "/nonexistent/volume"},
                                {"options", {"bind"}}});
  const Exited e = c.run();
  EXPECT_EQ(e.failure, Failure::kCreate);
  EXPECT_THAT(e.error, HasSubstr("/nonexistent/volume"));
}

TEST_F(ShimRoot, MissingWorkingDirectoryIsAStartFailure) {
  Container c({"/bin/true"});
  ASSERT_TRUE(write_file_atomic(c.bundle() + "/rootfs/etc/file", ""));
  c.config["process"]["cwd"] = "/etc/file";
  const Exited e = c.run();
  EXPECT_NE(e.failure, Failure::kNone);
  EXPECT_THAT(e.error, HasSubstr("/etc/file"));
}

TEST_F(ShimRoot, MissingRuntimeIsNamed) {
  Container c({"/bin/true"});
  c.request.runtime = "/usr/sbin/no-such-runtime";
  const Exited e = c.run();
  EXPECT_EQ(e.failure, Failure::kRuntime);
  EXPECT_THAT(e.error, HasSubstr("/usr/sbin/no-such-runtime"));
}

TEST_F(ShimRoot, RuntimeThatDiesSilentlyIsTold) {
  Container c({"/bin/true"});
  c.request.runtime = "/bin/false";
  const Exited e = c.run();
  EXPECT_NE(e.failure, Failure::kNone);
  EXPECT_THAT(e.error, HasSubstr("/bin/false ended with 1"));
}

TEST_F(ShimRoot, BrokenConfigIsTold) {
  Container c({"/bin/true"});
  c.config = Json::object();
  EXPECT_EQ(c.run().failure, Failure::kCreate);
}

TEST_F(ShimRoot, BigOutputIsWhole) {
  Container c(
      sh("yes 0123456789012345678901234567890123456789012345678901234567890123456789 | head -n "
         "300000"));
  EXPECT_EQ(c.run().code, 0);
  auto reader = logrouter::JournalReader::open(c.request.journal).value();
  int lines = 0;
  while (auto e = reader.next()) {
    ASSERT_EQ(e->text.size(), 70u);
    ++lines;
  }
  EXPECT_EQ(lines, 300000);
}

TEST_F(ShimRoot, MebibyteWithoutNewlineIsOneLine) {
  Container c(sh("head -c 1000000 /proc/zero 2>/dev/null; yes | tr -d '\\n' | head -c 1000000"));
  EXPECT_EQ(c.run().code, 0);
  EXPECT_THAT(c.log(), ElementsAre("out: " + std::string(1000000, 'y')));
}

TEST_F(ShimRoot, OutputGoesOnAfterStdoutIsClosed) {
  Container c(sh("echo one; exec >&-; echo two >&2; sleep 0.1; echo three >&2; exit 4"));
  EXPECT_EQ(c.run().code, 4);
  EXPECT_THAT(c.log(), ::testing::UnorderedElementsAre("out: one", "err: two", "err: three"));
}

TEST_F(ShimRoot, ContainerThatClosesEverythingIsStillAwaited) {
  Container c(sh("exec >&- 2>&-; sleep 0.2; exit 9"));
  c.start();
  c.await_start();
  c.await_exit();
  EXPECT_EQ(c.exited().code, 9);
}

TEST_F(ShimRoot, GrandchildDiesWithTheContainer) {
  Container c(sh("(sleep 1000 & sleep 1000 &) ; echo done; exit 0"));
  EXPECT_EQ(c.run().code, 0);
  EXPECT_THAT(c.log(), ElementsAre("out: done"));
}

TEST_F(ShimRoot, ProcessElsewhereThatKeepsThePipeDoesNotHoldTheExitUp) {
  Container c(sh("echo mine; read line < /etc/fifo; exit 6"));
  ASSERT_EQ(::mkfifo((c.bundle() + "/rootfs/etc/fifo").c_str(), 0600), 0);
  c.start();
  c.await_start();
  // This test is the process elsewhere: it holds the container's standard output open.
  UniqueFd pipe(
      ::open(("/proc/" + std::to_string(c.started().pid) + "/fd/1").c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(pipe);
  UniqueFd fifo(::open((c.bundle() + "/rootfs/etc/fifo").c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(write_all(fifo.get(), "go\n"));
  c.await_exit();
  EXPECT_EQ(c.exited().code, 6);
  EXPECT_EQ(c.await_shim(), 0);
}

TEST_F(ShimRoot, SharedPidNamespaceLeavesNoProcess) {
  Container c(sh("sleep 1000 & echo $!; exit 0"));
  auto& namespaces = c.config["linux"]["namespaces"];
  namespaces.erase(namespaces.begin());  // pid: the host's
  EXPECT_EQ(c.run().code, 0);
  ASSERT_EQ(c.log().size(), 1u);
  // Killed with the container; its parent by then, the test's init, may not have reaped it yet.
  UniqueFd left(static_cast<int>(::syscall(SYS_pidfd_open, std::stoi(c.log()[0].substr(5)), 0)));
  if (left) wait_readable(left.get());
}

TEST_F(ShimRoot, SignalsDoNotEndAShim) {
  Container c({"/bin/sleep", "1000"});
  c.start();
  c.await_start();
  for (const int s : {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGUSR1, SIGALRM})
    ::kill(c.shim_pid(), s);
  auto found = find_shim(c.bundle()).value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->pid, c.shim_pid());
  EXPECT_EQ(::getsid(c.shim_pid()), c.shim_pid());
}

TEST_F(ShimRoot, SecondShimOnABundleIsRefused) {
  Container c({"/bin/sleep", "1000"});
  c.start();
  c.await_start();
  EXPECT_EQ(prepare_bundle(c.bundle()).error().code, Errc::kBusy);
  EXPECT_EQ(retire_bundle(c.bundle()).error().code, Errc::kBusy);
  SpawnRequest s;
  s.program = DRYDOCK_BIN_DIR "/drydock-shim";
  s.args = arguments(c.request);
  auto second = spawn(s).value();
  wait_readable(second.pidfd.get());
  siginfo_t info{};
  ::waitid(P_PIDFD, static_cast<id_t>(second.pidfd.get()), &info, WEXITED);
  EXPECT_EQ(info.si_status, static_cast<int>(End::kNotOurs));
  EXPECT_EQ(read_exited(c.bundle()).value(), std::nullopt);
}

TEST_F(ShimRoot, ShimOfARetiredBundleDoesNothing) {
  Container c({"/bin/true"});
  ASSERT_TRUE(write_file_atomic(c.bundle() + "/config.json", dump_json(c.config)));
  ASSERT_TRUE(prepare_bundle(c.bundle()));
  ASSERT_TRUE(retire_bundle(c.bundle()));
  SpawnRequest s;
  s.program = DRYDOCK_BIN_DIR "/drydock-shim";
  s.args = arguments(c.request);
  auto late = spawn(s).value();
  wait_readable(late.pidfd.get());
  siginfo_t info{};
  ::waitid(P_PIDFD, static_cast<id_t>(late.pidfd.get()), &info, WEXITED);
  EXPECT_EQ(info.si_status, static_cast<int>(End::kNotOurs));
  EXPECT_EQ(read_exited(c.bundle()).value(), std::nullopt);
}

TEST_F(ShimRoot, OutlivesItsParentAndIsFound) {
  Container c(sh("echo before; read line < /etc/fifo; echo after; exit 5"));
  ASSERT_EQ(::mkfifo((c.bundle() + "/rootfs/etc/fifo").c_str(), 0600), 0);
  ASSERT_TRUE(write_file_atomic(c.bundle() + "/config.json", dump_json(c.config)));
  ASSERT_TRUE(prepare_bundle(c.bundle()));
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  UniqueFd running(ends[0]), out(ends[1]);
  const pid_t parent = ::fork();
  if (parent == 0) {  // the daemon of this test, with a process group of its own
    ::setpgid(0, 0);
    SpawnRequest s;
    s.program = DRYDOCK_BIN_DIR "/drydock-shim";
    s.args = arguments(c.request);
    s.stdout_fd = out.get();
    const auto child = spawn(s);
    for (;;) ::pause();
  }
  out.reset();
  // End-of-file needs the parent's copy gone too; the record is what tells here.
  auto watch = logrouter::JournalWatch::create().value();
  ASSERT_TRUE(watch.add(c.bundle()));
  while (!read_started(c.bundle()).value()) {
    wait_readable(watch.fd());
    watch.drain();
  }
  ASSERT_EQ(::kill(-parent, SIGKILL), 0);
  ASSERT_EQ(::waitpid(parent, nullptr, 0), parent);
  auto shim = find_shim(c.bundle()).value();
  ASSERT_TRUE(shim);
  UniqueFd fifo(::open((c.bundle() + "/rootfs/etc/fifo").c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(write_all(fifo.get(), "go\n"));
  wait_readable(shim->pidfd.get());
  EXPECT_EQ(c.exited().code, 5);
  EXPECT_THAT(c.log(), ElementsAre("out: before", "out: after"));
}

TEST_F(ShimRoot, RestartInPlaceGoesOnInTheSameJournal) {
  Container c(sh("echo again; exit 1"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(c.run().code, 1);
  EXPECT_THAT(c.log(), ElementsAre("out: again", "out: again", "out: again"));
}

TEST_F(ShimRoot, TerminalIsCopied) {
  Container c(sh("[ -t 0 ] && [ -t 1 ] && echo yes; echo err >&2; exit 8"));
  c.config["process"]["terminal"] = true;
  c.request.terminal = true;
  EXPECT_EQ(c.run().code, 8);
  EXPECT_THAT(c.log(), ElementsAre("out: yes\r", "out: err\r"));
  EXPECT_FALSE(exists(c.bundle() + "/" + kConsoleSocket));
}

TEST_F(ShimRoot, TerminalWithMuchOutputIsWhole) {
  Container c(sh("seq 1 5000"));
  c.config["process"]["terminal"] = true;
  c.request.terminal = true;
  EXPECT_EQ(c.run().code, 0);
  EXPECT_EQ(c.log().size(), 5000u);
}

TEST_F(ShimRoot, StdinIsEmptyOrHeldOpen) {
  Container empty(sh("cat; echo end; exit 0"));
  EXPECT_EQ(empty.run().code, 0);
  EXPECT_THAT(empty.log(), ElementsAre("out: end"));
  Container held(sh("cat; echo end"));
  held.request.input = Stdin::kHeldOpen;
  held.start();
  held.await_start();
  EXPECT_TRUE(find_shim(held.bundle()).value());
  ::kill(held.started().pid, SIGKILL);
  held.await_exit();
  EXPECT_TRUE(held.log().empty());
}

TEST_F(ShimRoot, ContainerUserMayOpenItsOwnStdout) {
  Container c(sh("echo direct; echo reopened > /proc/self/fd/1; id -u"));
  c.config["process"]["user"] = {{"uid", 1000}, {"gid", 1000}};
  EXPECT_EQ(c.run().code, 0);
  EXPECT_THAT(c.log(), ElementsAre("out: direct", "out: reopened", "out: 1000"));
}

TEST_F(ShimRoot, ContainerInheritsNoDescriptor) {
  Container c(sh("ls() { for f in /proc/self/fd/*; do echo ${f##*/}; done; }; ls"));
  EXPECT_EQ(c.run().code, 0);
  for (const auto& line : c.log())
    EXPECT_LE(std::stoi(line.substr(5)), 3) << line;  // 3: the folder being listed
}

TEST_F(ShimRoot, FiftyAtOnceAllEndWell) {
  std::vector<std::unique_ptr<Container>> all;
  for (int i = 0; i < 50; ++i)
    all.push_back(std::make_unique<Container>(
        sh("echo " + std::to_string(i) + "; exit " + std::to_string(i))));
  for (auto& c : all) c->start();
  for (int i = 0; i < 50; ++i) {
    Container& c = *all[static_cast<std::size_t>(i)];
    c.await_exit();
    EXPECT_EQ(c.exited().code, i) << c.exited().error;
    EXPECT_THAT(c.log(), ElementsAre("out: " + std::to_string(i)));
    EXPECT_EQ(c.await_shim(), 0);
  }
}

}  // namespace
}  // namespace drydock::runtime::shim
