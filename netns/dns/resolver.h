#pragma once
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "netns/dns/cache.h"
#include "netns/dns/forwarder.h"
#include "netns/dns/policy.h"
#include "netns/dns/registry.h"
#include "netns/dns/resolv_watch.h"
#include "netns/dns/task_door.h"

namespace drydock::netns::dns {

struct ResolverOptions {
  Site site;
  // Who is asked for what is not local ("10.0.0.2", "127.0.0.1:5353"); empty: whom the host asks,
  // followed when that changes.
  std::vector<std::string> upstreams;
};

// The resolver of all tasks: one thread, which began in the host's namespace and asks from there.
class Resolver {
 public:
  // kInvalid names an upstream that is no address.
  static Result<std::unique_ptr<Resolver>> open(const ResolverOptions& options);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // Serves a task. Thread-safe.
  void add(int slot, Sockets sockets);
  // From now on the hosts of these services of AWS are at that address, for a task that is served.
  // Thread-safe.
  void keep_aws_here(int slot, AwsHere aws);
  // Returns when its sockets are closed; an unknown slot is fine. Thread-safe.
  void remove(int slot);
  // Local names; may be filled from any thread.
  Registry& names() { return registry_; }
  // Whom the resolver asks now, for people. Thread-safe.
  std::vector<std::string> upstreams();

 private:
  // Somebody who waits for what a server says.
  struct Waiter {
    int slot = 0;
    std::uint64_t door = 0;  // a slot may have got another task meanwhile
    Asker asker;
    Message query, begun;
  };
  struct Served {
    std::uint64_t number = 0;
    std::unique_ptr<TaskDoor> door;
    AwsHere aws = {};
  };

  Resolver(const ResolverOptions& options, std::unique_ptr<Reactor> reactor);
  void handle(int slot, const Asker& asker, std::string_view packet);
  void ask(Waiter waiter, const Question& question);
  void said(const std::string& key, const Message* message);
  void reply(const Waiter& waiter, const Message& message);
  void use_host_servers();

  Site site_;
  Registry registry_;
  std::unique_ptr<Reactor> reactor_;
  // The rest belongs to the reactor's thread.
  Forwarder forwarder_;
  Cache cache_;
  std::unique_ptr<ResolvWatch> watch_;
  std::vector<std::string> upstreams_;
  std::map<int, Served> doors_;
  std::uint64_t last_door_ = 0;
  std::uint32_t turn_ = 0;
  std::unordered_map<std::string, std::vector<Waiter>> waiting_;
  std::thread thread_;
};

}  // namespace drydock::netns::dns
