#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "base/files.h"
#include "fixture.h"
#include "netns/links.h"
#include "netns/nft.h"

namespace drydock::netns::test {
namespace {

using Lifetime = NetworkRoot;

KnownSlot known(const TaskNetwork& task) { return {task.slot, task.address, {}}; }

TEST_F(Lifetime, TwoHundredCyclesLeaveNothing) {
  const Traces before = traces();
  auto network = open({}, 3);
  std::set<int> used;
  for (int i = 0; i < 200; ++i) {
    auto task = network->acquire();
    ASSERT_EQ(text(task), "") << i;
    if (i % 10 == 0) {
      ASSERT_EQ(text(network->publish(task->slot, {{.container_port = 80}})), "");
      ASSERT_EQ(ask_task(*task, 80, "127.0.0.1", 8080), "hello 10.77.0.1");
    }
    used.insert(task->slot);
    task->metadata_listener.reset();
    ASSERT_EQ(text(network->release(task->slot)), "") << i;
  }
  EXPECT_EQ(used.size(), 200u) << "addresses rest before they are used again";
  ASSERT_EQ(text(network->wait_until_stocked()), "");
  EXPECT_EQ(network->report().in_use, 0);
  EXPECT_EQ(text(network->close(CloseMode::kLeaveTasks)), "") << "no task left: everything goes";
  network.reset();
  for (int slot = 4; slot <= *used.rbegin() + 8; ++slot)
    wait_until_gone("dd0bad" + std::to_string(slot));
  EXPECT_EQ(traces(), before);
}

// A daemon that acquires, publishes and releases on two threads until it is killed; a byte on
// `steps` after each step.
[[noreturn]] void restless_daemon(const NetworkConfig& config, int steps) {
  auto network = Network::open(config, {});
  if (!network) ::_exit(1);
  const auto work = [&] {
    for (;;) {
      auto task = (*network)->acquire();
      (void)!::write(steps, "a", 1);
      if (!task) ::_exit(2);
      (void)(*network)->publish(task->slot, {{.container_port = 80}});
      (void)!::write(steps, "p", 1);
      task->metadata_listener.reset();
      (void)(*network)->release(task->slot);
      (void)!::write(steps, "r", 1);
    }
  };
  std::thread other(work);
  work();
  ::_exit(3);
}

TEST_F(Lifetime, AKilledDaemonsTracesAreSweptByTheNext) {
  const Traces before = traces();
  NetworkConfig c = config();
  c.pool_size = 3;
  for (int round = 0; round < 12; ++round) {
    int pipe[2];
    ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
    const UniqueFd read_end(pipe[0]), write_end(pipe[1]);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) restless_daemon(c, write_end.get());
    char byte = 0;
    for (int i = 0; i < 1 + round * 2; ++i) ASSERT_EQ(::read(read_end.get(), &byte, 1), 1);
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the daemon ended by itself: " << WEXITSTATUS(status);
    auto network = open();
    EXPECT_EQ(list_dir(run_dir_ + "/netns"), std::vector<std::string>());
    auto task = network->acquire();
    ASSERT_EQ(text(task), "");
    EXPECT_EQ(ask_task(*task, 80, task->address, 80), "hello 10.77.0.1");
    task->metadata_listener.reset();
    for (int slot = 4; slot < 40; ++slot)
      if (slot != task->slot) wait_until_gone("dd0bad" + std::to_string(slot));
    EXPECT_EQ(text(network->close(CloseMode::kRemoveEverything)), "");
  }
  wait_until_gone("dd0bad4");
  EXPECT_EQ(traces(), before);
}

TEST_F(Lifetime, ANewDaemonReopensTheNetworkOfARunningTask) {
  auto network = open({}, 2);
  auto task = network->acquire();
  auto unknown = network->acquire();
  ASSERT_TRUE(task && unknown);
  task->metadata_listener.reset();
  unknown->metadata_listener.reset();
  network.reset();
  network = open({known(*task)}, 2);
  auto again = network->reopen(task->slot);
  ASSERT_EQ(text(again), "");
  EXPECT_EQ(again->address, task->address);
  EXPECT_EQ(again->mac, task->mac);
  std::thread metadata([&] { EXPECT_EQ(text(answer_one(again->metadata_listener)), ""); });
  EXPECT_EQ(in(*again,
               []() -> Status {
                 DRYDOCK_TRY(ask("169.254.170.2", 80));
                 return {};
               }),
            "");
  metadata.join();
  EXPECT_EQ(ask_task(*again, 80, again->address, 80), "hello 10.77.0.1");
  EXPECT_EQ(network->reopen(unknown->slot).error().code, Errc::kNotFound);
  EXPECT_FALSE(exists(unknown->netns_path));
  auto next = network->acquire();
  ASSERT_EQ(text(next), "");
  EXPECT_GT(next->slot, task->slot);
}

TEST_F(Lifetime, AnOrdinaryStopLeavesTasksTheirNetwork) {
  auto network = open({}, 3);
  auto task = network->acquire();
  ASSERT_TRUE(task);
  ASSERT_EQ(text(network->wait_until_stocked()), "");
  EXPECT_EQ(text(network->close(CloseMode::kLeaveTasks)), "");
  network.reset();
  EXPECT_EQ(list_dir(run_dir_ + "/netns"), std::vector<std::string>{std::to_string(task->slot)});
  EXPECT_EQ(ask_task(*task, 80, task->address, 80), "hello 10.77.0.1");
}

TEST_F(Lifetime, AfterAReBootAKnownSlotIsNotFoundAndReleaseSucceeds) {
  auto network = open({{7, "10.77.0.7", {{"127.0.0.1", 8080, 80, "tcp"}}}});
  EXPECT_EQ(network->reopen(7).error().code, Errc::kNotFound);
  EXPECT_EQ(text(network->release(7)), "");
  EXPECT_EQ(text(network->release(7)), "") << "twice is the same as once";
}

TEST_F(Lifetime, ABridgeThatSomebodyRemovedComesBackWithItsTasks) {
  auto network = open();
  auto task = network->acquire();
  ASSERT_TRUE(task);
  network.reset();
  auto links = Links::open();
  ASSERT_EQ(text(links->remove("dd0badcafe")), "");
  network = open({known(*task)});
  EXPECT_EQ(ask_task(*task, 80, task->address, 80), "hello 10.77.0.1");
}

TEST_F(Lifetime, TwoDaemonsLiveSideBySideAndSweepOnlyTheirOwn) {
  NetworkConfig one = config("0badcafe"), two = config("0badf00d");
  one.subnet = two.subnet = "";
  two.run_dir = run_dir_ + "/two";
  std::unique_ptr<Network> first, second;
  std::thread starting([&] { first = open(one, {}); });
  second = open(two, {});
  starting.join();
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->report().subnet, second->report().subnet);
  // The ids share their first four digits, so the names of their veths clash: each finds free ones.
  auto a = first->acquire();
  auto b = second->acquire();
  ASSERT_EQ(text(a) + text(b), "");
  EXPECT_NE(a->slot, b->slot);
  first.reset();
  first = open(one, {});
  EXPECT_FALSE(exists(a->netns_path));
  EXPECT_EQ(ask_task(*b, 80, b->address, 80), "hello " + b->gateway);
  EXPECT_EQ(text(first->close(CloseMode::kRemoveEverything)), "");
  EXPECT_EQ(ask_task(*b, 80, b->address, 80), "hello " + b->gateway);
  EXPECT_EQ(text(second->close(CloseMode::kRemoveEverything)), "");
  (void)remove_tree(run_dir_ + "/two");
}

TEST_F(Lifetime, AFullSubnetSaysWhatToDoAndAReleasedAddressServesAgain) {
  NetworkConfig c = config();
  c.subnet = "10.77.0.0/28";
  auto network = open(c, {});
  std::vector<TaskNetwork> tasks;
  for (int i = 0; i < 11; ++i) {
    auto task = network->acquire();
    ASSERT_EQ(text(task), "");
    tasks.push_back(std::move(*task));
  }
  auto refused = network->acquire();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "make a task network: no free address: all 11 of 10.77.0.0/28 are in use; stop tasks, "
            "or start the "
            "daemon with a bigger --subnet");
  tasks[3].metadata_listener.reset();
  ASSERT_EQ(text(network->release(tasks[3].slot)), "");
  auto task = network->acquire();
  ASSERT_EQ(text(task), "");
  EXPECT_EQ(task->address, tasks[3].address);
  EXPECT_EQ(ask_task(*task, 80, task->address, 80), "hello 10.77.0.1");
}

TEST_F(Lifetime, ManyAcquireAtOnceAndEachHasItsOwn) {
  auto network = open({}, 4);
  std::mutex mutex;
  std::set<std::string> addresses;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 4; ++i) {
        auto task = network->acquire();
        std::lock_guard lock(mutex);
        EXPECT_EQ(text(task), "");
        if (task) addresses.insert(task->address);
      }
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(addresses.size(), 32u);
}

TEST_F(Lifetime, NamespacesStayOutOfOtherMountNamespacesAndGoEvenIfOneCopiedThem) {
  // A run folder on a shared mount, as /run is under systemd.
  const std::string run = run_dir_ + "/run";
  ASSERT_EQ(text(make_dirs(run)), "");
  ASSERT_EQ(::mount("tmpfs", run.c_str(), "tmpfs", 0, nullptr), 0);
  ASSERT_EQ(::mount(nullptr, run.c_str(), nullptr, MS_SHARED, nullptr), 0);
  NetworkConfig c = config();
  c.run_dir = run;
  auto network = open(c, {});
  auto early = network->acquire();
  ASSERT_TRUE(early);
  UniqueFd copy;
  std::thread([&] {
    ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
    copy.reset(::open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC));
  }).join();
  auto late = network->acquire();
  ASSERT_TRUE(late);
  std::string seen;
  std::thread([&] {
    ASSERT_EQ(::unshare(CLONE_FS), 0);
    ASSERT_EQ(::setns(copy.get(), CLONE_NEWNS), 0);
    seen = read_file("/proc/thread-self/mountinfo").value();
  }).join();
  EXPECT_NE(seen.find(early->netns_path), std::string::npos) << "copied";
  EXPECT_EQ(seen.find(late->netns_path), std::string::npos) << "not propagated";
  early->metadata_listener.reset();
  EXPECT_EQ(text(network->release(early->slot)), "");
  wait_until_gone("dd0bad" + std::to_string(early->slot));
  EXPECT_EQ(text(network->close(CloseMode::kRemoveEverything)), "");
  network.reset();
  EXPECT_EQ(list_dir(run), std::vector<std::string>());
  EXPECT_EQ(::umount2(run.c_str(), MNT_DETACH), 0);
}

TEST_F(Lifetime, SettingsThatCanNotBeAreRefusedAndLeaveNothing) {
  const Traces before = traces();
  const auto message = [&](const std::string& id, const std::string& subnet) {
    NetworkConfig c = config(id);
    c.subnet = subnet;
    return text(Network::open(c, {}));
  };
  EXPECT_EQ(message("xyz", ""), "instance id \"xyz\" is not eight hex digits");
  EXPECT_EQ(message("0badcafe", "198.51.100.0/25"),
            "task network: --subnet 198.51.100.0/25 overlaps the host's route 198.51.100.0/24 on "
            "up0; choose another");
  EXPECT_NE(message("0badcafe", "10.0.0.0/33"), "");
  EXPECT_EQ(traces(), before);
  auto other = Network::open(config(), {{5, "10.99.0.5", {}}});
  EXPECT_EQ(text(other),
            "task network: 1 task(s) still hold addresses such as 10.99.0.5, which is not slot 5 "
            "of 10.77.0.0/16; "
            "start with the --subnet they were started with, or stop them first");
}

TEST_F(Lifetime, ALinkThatAProcessKeepsAliveIsRemovedInTheEnd) {
  auto network = open({}, 1);
  auto task = network->acquire();
  ASSERT_TRUE(task);
  auto holder = Netns::open(task->netns_path);
  ASSERT_TRUE(holder);
  ASSERT_EQ(text(network->release(task->slot)), "");
  wait_until_gone("dd0bad" + std::to_string(task->slot));
}

}  // namespace
}  // namespace drydock::netns::test
