#include <utility>  // Boost 1.74's asio/awaitable.hpp forgets it

#include "netns/balancer/balancer.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "base/unique_fd.h"
#include "netns/balancer/probe_internal.h"
#include "netns/balancer/relay_internal.h"

namespace drydock::netns {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr int kBacklog = 511;
// Of a group at once, each with two descriptors; who comes then waits in the backlog.
constexpr std::size_t kConnections = 4096;
constexpr std::chrono::milliseconds kAcceptPause{100};  // when descriptors run out
constexpr std::chrono::milliseconds kRestLook{50};      // whether connections rest

Result<std::pair<UniqueFd, int>> listen_here(int port) {
  const std::string name = "127.0.0.1:" + std::to_string(port);
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno("socket");
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(static_cast<std::uint16_t>(port));
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const raw = reinterpret_cast<sockaddr*>(&where);
  socklen_t size = sizeof where;
  if (::bind(fd.get(), raw, size) != 0 && errno == EADDRINUSE)
    return fail(Errc::kExists, name + " is in use by another program");
  if (::listen(fd.get(), kBacklog) != 0 || ::getsockname(fd.get(), raw, &size) != 0)
    return fail_errno("listen on " + name);
  return std::pair(std::move(fd), static_cast<int>(ntohs(where.sin_port)));
}

// A target group.
class Group : public std::enable_shared_from_this<Group> {
 public:
  Group(asio::io_context& io, std::string name, HealthCheck check, const BalancerHooks& hooks)
      : io_(io),
        acceptor_(io),
        pause_(io),
        name_(std::move(name)),
        check_(std::move(check)),
        hooks_(hooks) {}

  void listen(UniqueFd fd) {
    acceptor_.assign(tcp::v4(), fd.release());
    accept();
  }

  void close() {
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel(ignored);
    for (auto& [id, member] : members_) member.probe->stop();
    for (auto& leaving : std::exchange(leaving_, {})) leaving.second.done();
    members_.clear();
    for (const auto& relay : std::set(relays_)) relay->close();
  }

  void add(Target target) {
    const std::string id = target.id;
    if (members_.count(id)) return;
    auto probe = std::make_shared<Probe>(io_.get_executor(), target, check_,
                                         [this, id](TargetHealth health, const std::string& why) {
                                           const auto at = members_.find(id);
                                           if (at == members_.end()) return;
                                           at->second.health = health;
                                           if (hooks_.changed)
                                             hooks_.changed(name_, id, health, why);
                                         });
    members_[id] = {std::move(target), TargetHealth::kInitial, probe};
    probe->start();
  }

  void remove(const std::string& id, Duration patience, std::function<void()> drained) {
    const auto at = members_.find(id);
    if (at == members_.end()) return drained();
    at->second.probe->stop();
    members_.erase(at);
    auto timer = std::make_unique<asio::steady_timer>(io_);
    leaving_[id] = {std::move(drained), std::chrono::steady_clock::now() + patience,
                    std::move(timer)};
    look_at_leaving(id);
  }

 private:
  struct Member {
    Target target;
    TargetHealth health = TargetHealth::kInitial;
    std::shared_ptr<Probe> probe;
  };
  struct Leaving {
    std::function<void()> done;
    std::chrono::steady_clock::time_point deadline;
    std::unique_ptr<asio::steady_timer> timer;
  };

  void accept() {
    if (relays_.size() >= kConnections) {
      full_ = true;
      return;
    }
    acceptor_.async_accept([self = shared_from_this()](error_code ec, tcp::socket client) {
      if (ec == asio::error::operation_aborted) return;
      if (!ec) self->carry(std::move(client));
      if (ec == asio::error::no_descriptors || ec == asio::error::no_memory)
        return self->accept_later();
      if (self->acceptor_.is_open()) self->accept();
    });
  }

  void accept_later() {
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([self = shared_from_this()](error_code ec) {
      if (!ec && self->acceptor_.is_open()) self->accept();
    });
  }

  // The healthy ones from the next in turn; behind them the others, if none is healthy.
  std::vector<Target> in_turn() {
    std::vector<Target> healthy, others;
    for (const auto& [id, member] : members_)
      (member.health == TargetHealth::kHealthy ? healthy : others).push_back(member.target);
    std::vector<Target>& chosen = healthy.empty() ? others : healthy;
    if (!chosen.empty()) {
      const auto first = turn_++ % chosen.size();
      std::rotate(chosen.begin(), chosen.begin() + static_cast<std::ptrdiff_t>(first),
                  chosen.end());
    }
    return std::move(chosen);
  }

  void carry(tcp::socket client) {
    auto relay = std::make_shared<Relay>(std::move(client), in_turn());
    Relay::Hooks hooks;
    const std::weak_ptr<Relay> weak = relay;
    hooks.serves = [self = shared_from_this()](const std::string& id) {
      return self->members_.count(id) != 0;
    };
    hooks.refused = [self = shared_from_this()](const std::string& id) {
      const auto at = self->members_.find(id);
      if (at != self->members_.end()) at->second.probe->doubt();
    };
    hooks.ended = [self = shared_from_this(), weak] { self->ended(weak.lock()); };
    relays_.insert(relay);
    relay->start(std::move(hooks));
  }

  void ended(const std::shared_ptr<Relay>& relay) {
    relays_.erase(relay);
    if (std::exchange(full_, false) && acceptor_.is_open()) accept();
    if (relay && leaving_.count(relay->target())) look_at_leaving(relay->target());
  }

  // Whether a target that leaves may go.
  void look_at_leaving(const std::string& id) {
    const auto at = leaving_.find(id);
    if (at == leaving_.end()) return;
    const bool late = std::chrono::steady_clock::now() >= at->second.deadline;
    std::vector<std::shared_ptr<Relay>> over;
    bool busy = false;
    for (const auto& relay : relays_) {
      if (relay->target() != id) continue;
      late || relay->rests() ? over.push_back(relay) : static_cast<void>(busy = true);
    }
    if (!busy) {
      const auto done = std::move(at->second.done);
      leaving_.erase(at);
      for (const auto& relay : over) relay->close();
      return done();
    }
    auto& timer = *at->second.timer;
    timer.expires_after(kRestLook);
    timer.async_wait([self = shared_from_this(), id](error_code ec) {
      if (!ec) self->look_at_leaving(id);
    });
  }

  asio::io_context& io_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  const std::string name_;
  const HealthCheck check_;
  const BalancerHooks& hooks_;
  std::map<std::string, Member> members_;
  std::map<std::string, Leaving> leaving_;
  std::set<std::shared_ptr<Relay>> relays_;
  std::size_t turn_ = 0;
  bool full_ = false;
};

}  // namespace

struct Balancer::State {
  explicit State(BalancerHooks given) : hooks(std::move(given)) {}

  BalancerHooks hooks;
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  std::map<std::string, std::shared_ptr<Group>> groups;  // of the thread
  std::mutex mutex;                                      // guards `ports`
  std::map<std::string, int> ports;
  std::thread thread;

  std::shared_ptr<Group> find(const std::string& name) {
    const auto at = groups.find(name);
    return at == groups.end() ? nullptr : at->second;
  }
};

Balancer::Balancer(BalancerHooks hooks) : state_(std::make_unique<State>(std::move(hooks))) {
  state_->thread = std::thread([s = state_.get()] { s->io.run(); });
}

Balancer::~Balancer() {
  asio::post(state_->io, [s = state_.get()] {
    for (auto& [name, group] : std::exchange(s->groups, {})) group->close();
    s->work.reset();
  });
  state_->thread.join();
}

Result<int> Balancer::open(const std::string& group, int port, HealthCheck check) {
  const std::lock_guard lock(state_->mutex);
  if (const auto at = state_->ports.find(group); at != state_->ports.end()) return at->second;
  DRYDOCK_LET(auto listening, listen_here(port));
  state_->ports[group] = listening.second;
  auto fd = std::make_shared<UniqueFd>(std::move(listening.first));
  asio::post(state_->io, [s = state_.get(), group, fd, check = std::move(check)] {
    auto made = std::make_shared<Group>(s->io, group, check, s->hooks);
    s->groups[group] = made;
    made->listen(std::move(*fd));
  });
  return listening.second;
}

void Balancer::close(const std::string& group) {
  const std::lock_guard lock(state_->mutex);
  if (state_->ports.erase(group) == 0) return;
  asio::post(state_->io, [s = state_.get(), group] {
    if (const auto found = s->find(group)) found->close();
    s->groups.erase(group);
  });
}

void Balancer::add(const std::string& group, Target target) {
  asio::post(state_->io, [s = state_.get(), group, target = std::move(target)] {
    if (const auto found = s->find(group)) found->add(target);
  });
}

void Balancer::remove(const std::string& group, const std::string& target, Duration patience,
                      std::function<void()> drained) {
  asio::post(state_->io, [s = state_.get(), group, target, patience, drained = std::move(drained)] {
    const auto found = s->find(group);
    found ? found->remove(target, patience, drained) : drained();
  });
}

}  // namespace drydock::netns
