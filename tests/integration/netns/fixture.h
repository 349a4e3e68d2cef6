#pragma once
#include <gtest/gtest.h>

#include <sys/socket.h>

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "base/unique_fd.h"
#include "netns/netns.h"
#include "netns/network.h"

namespace drydock::netns::test {

// "" when all went well, else what failed: for EXPECT_EQ.
std::string text(const Status& status);
template <class T>
std::string text(const Result<T>& result) {
  return result ? "" : result.error().message;
}

// Sockets of the calling thread's namespace. Each waits for the kernel, at most ten seconds, never
// a fixed time.
UniqueFd serve(const std::string& address, int port, int type = SOCK_STREAM);
int port_of(const UniqueFd& socket);
Result<UniqueFd> dial(const std::string& address, int port, int type = SOCK_STREAM);
// Accepts one connection (or datagram), answers "hello <peer address>" and returns the peer's
// address.
Result<std::string> answer_one(const UniqueFd& server, int type = SOCK_STREAM);
// What answer_one() at the other end says.
Result<std::string> ask(const std::string& address, int port, int type = SOCK_STREAM);
// Is something there to read at once?
bool has_input(const UniqueFd& socket);

// Everything in this namespace and run folder that a network could leave behind.
struct Traces {
  std::set<std::string> links, mounts, files;
  std::string ruleset;
  std::size_t descriptors = 0, threads = 0;
  bool operator==(const Traces&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Traces& t);

// A host of its own for each test: network and mount namespace, an uplink to an "outside" machine,
// an empty run folder. Nothing of the real host is touched.
class NetworkRoot : public ::testing::Test {
 protected:
  static constexpr const char* kUplink = "198.51.100.1";
  static constexpr const char* kOutside = "198.51.100.2";

  void SetUp() override;
  void TearDown() override;

  NetworkConfig config(const std::string& id = "0badcafe") const;
  std::unique_ptr<Network> open(const std::vector<KnownSlot>& known = {}, int pool = 0);
  std::unique_ptr<Network> open(const NetworkConfig& c, const std::vector<KnownSlot>& known);
  // Runs `body` in a task's namespace or in the outside machine's; its result as text() tells it.
  std::string in(const TaskNetwork& task, const std::function<Status()>& body);
  std::string outside(const std::function<Status()>& body);
  // Serves inside, asks here: what the server said, or the error.
  std::string ask_task(const TaskNetwork& task, int task_port, const std::string& address, int port,
                       int type = SOCK_STREAM);
  Traces traces() const;
  static void wait_until_gone(const std::string& link);
  static void sysctl(const std::string& name, const std::string& value);

  std::string run_dir_;
  std::unique_ptr<Netns> outside_;
};

}  // namespace drydock::netns::test
