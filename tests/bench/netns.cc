#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "base/files.h"
#include "netns/network.h"

// Measures how long the namespaces of tasks take when the stock is empty: one by one, and many at
// once. In network and mount namespaces of its own, so that nothing of the host is touched.
// netns [COUNT]   prints one line of JSON.
namespace {

using Clock = std::chrono::steady_clock;
using drydock::Status;
using drydock::netns::Network;

double since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "netns: %s\n", why.c_str());
  std::exit(1);
}

void check(const Status& status) {
  if (!status) give_up(status.error().message);
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 300;
  if (::unshare(CLONE_NEWNET | CLONE_NEWNS) != 0 ||
      ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    give_up("needs root: new namespaces");
  char folder[] = "/tmp/drydock-bench-netns-XXXXXX";
  if (::mkdtemp(folder) == nullptr || ::mount("tmpfs", folder, "tmpfs", 0, nullptr) != 0)
    give_up("no folder in /tmp");
  drydock::netns::NetworkConfig config;
  config.instance_id = "0be9c4a1";
  config.run_dir = folder;
  config.subnet = "10.231.0.0/20";
  config.pool_size = 0;
  config.mtu = 1500;
  auto network = Network::open(config, {});
  if (!network) give_up(network.error().message);
  // All are kept to the end: the kernel takes namespaces apart in the background, and for long.
  const auto one_by_one = Clock::now();
  for (int i = 0; i < count; ++i)
    if (auto made = (*network)->acquire(); !made) give_up(made.error().message);
  const double sequential = since(one_by_one);

  std::atomic<int> left = count;
  std::atomic<bool> failed = false;
  std::vector<std::thread> threads;
  const auto at_once = Clock::now();
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      while (left-- > 0)
        if (!(*network)->acquire()) failed = true;
    });
  for (std::thread& thread : threads) thread.join();
  const double together = since(at_once);
  check((*network)->close(drydock::netns::CloseMode::kRemoveEverything));
  network->reset();
  ::umount2(folder, MNT_DETACH);
  ::rmdir(folder);
  if (failed) give_up("a namespace could not be made");
  std::printf("{\"count\": %d, \"one_ms\": %.3f, \"all_at_once_ms\": %.1f}\n", count,
              sequential / count, together);
}
