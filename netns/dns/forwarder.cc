#include "netns/dns/forwarder.h"

#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <optional>

namespace drydock::netns::dns {
namespace {

// The first round is impatient, so that a dead server costs a task little; stub resolvers ask again
// after 5 seconds, so all is over before that.
constexpr std::chrono::milliseconds kFirstRound{800};
constexpr std::chrono::milliseconds kSecondRound{1600};
constexpr std::chrono::milliseconds kTcpTime{3000};
constexpr std::chrono::milliseconds kInAll{4500};
constexpr int kRounds = 2;

std::uint16_t random_id() {
  std::uint16_t id = 0;
  // Never interrupted or short for so few bytes, once the kernel has its seed.
  (void)!::getrandom(&id, sizeof id, 0);
  return id;
}

}  // namespace

struct Forwarder::Ask {
  std::uint64_t number = 0;
  Message query;
  Done done;
  std::vector<Server> order;
  std::size_t tries = 0;  // order.size() a round
  Clock::time_point deadline;
  UniqueFd socket;
  std::optional<Reactor::TimerId> timer;
  std::string out, in;             // over TCP
  std::optional<Message> refused;  // what a server said that did not help
};

Forwarder::Forwarder(Reactor& reactor) : reactor_(reactor), ranking_({}) {}

std::size_t Forwarder::asking() const { return asks_.size(); }

Forwarder::~Forwarder() {
  for (auto& [number, ask] : asks_) end_try(*ask);
}

const Server& Forwarder::server_of(const Ask& ask) const {
  return ask.order[(ask.tries - 1) % ask.order.size()];
}

void Forwarder::ask(const Question& question, bool dnssec_ok, bool checking_disabled, Done done) {
  auto made = std::make_unique<Ask>();
  made->number = ++last_;
  made->query.recursion_desired = true;
  made->query.checking_disabled = checking_disabled;
  made->query.question = question;
  made->query.edns = Edns{};
  made->query.edns->dnssec_ok = dnssec_ok;
  made->done = std::move(done);
  made->deadline = Clock::now() + kInAll;
  made->order = ranking_.order(Clock::now());
  Ask& ask = *made;
  asks_[ask.number] = std::move(made);
  next(ask);
}

void Forwarder::end_try(Ask& ask) {
  if (ask.timer) reactor_.cancel(*ask.timer);
  ask.timer.reset();
  if (ask.socket) reactor_.forget(ask.socket.get());
  ask.socket.reset();
}

void Forwarder::finish(Ask& ask, const Message* said) {
  end_try(ask);
  const auto owned = std::move(asks_.at(ask.number));
  asks_.erase(ask.number);
  std::optional<Message> copy;
  if (said) copy = *said;  // it may lie in `ask`
  owned->done(copy ? &*copy : nullptr);
}

void Forwarder::next(Ask& ask) {
  end_try(ask);
  if (ask.tries >= ask.order.size() * kRounds || Clock::now() >= ask.deadline)
    return finish(ask, ask.refused ? &*ask.refused : nullptr);
  const bool first_round = ask.tries < ask.order.size();
  ++ask.tries;
  ask.query.id = random_id();
  ask.timer = reactor_.after(first_round ? kFirstRound : kSecondRound, [this, &ask] {
    ask.timer.reset();
    failed(ask);
  });
  send_udp(ask);
}

void Forwarder::failed(Ask& ask) {
  ranking_.failed(server_of(ask).text, Clock::now());
  next(ask);
}

void Forwarder::send_udp(Ask& ask) {
  const Server& server = server_of(ask);
  const auto* address = reinterpret_cast<const sockaddr*>(&server.address);
  ask.socket.reset(
      ::socket(server.address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const std::string packet = encode(ask.query);
  const bool sent = ask.socket && ::connect(ask.socket.get(), address, server.length) == 0 &&
                    ::send(ask.socket.get(), packet.data(), packet.size(), MSG_NOSIGNAL) ==
                        static_cast<ssize_t>(packet.size()) &&
                    reactor_.watch(ask.socket.get(), EPOLLIN, [this, &ask] { read_udp(ask); });
  if (sent) return;
  // From the reactor, not from here: with every server unreachable this would go round and round.
  reactor_.cancel(*ask.timer);
  ask.timer = reactor_.after(std::chrono::milliseconds(0), [this, &ask] {
    ask.timer.reset();
    failed(ask);
  });
}

void Forwarder::read_udp(Ask& ask) {
  char buffer[4096];
  const ssize_t n = ::recv(ask.socket.get(), buffer, sizeof buffer, 0);
  if (n >= 0) return take(ask, std::string_view(buffer, static_cast<std::size_t>(n)), false);
  if (errno != EAGAIN && errno != EINTR) failed(ask);  // nobody listens there
}

// What does not fit the question may be forged: the true answer may still come.
void Forwarder::take(Ask& ask, std::string_view packet, bool over_tcp) {
  auto said = decode(packet);
  const bool fits = said && said->response && said->id == ask.query.id && said->question &&
                    said->question->type == ask.query.question->type &&
                    said->question->klass == ask.query.question->klass &&
                    folded(said->question->name) == folded(ask.query.question->name);
  if (!fits && over_tcp) return failed(ask);
  if (!fits) {
    // A server that knows no EDNS may send back nothing but the header.
    const bool bare = said && said->response && said->id == ask.query.id && !said->question &&
                      said->rcode == kFormErr;
    if (!bare || !ask.query.edns) return;
  }
  if ((said->rcode == kFormErr || said->rcode == kNotImp) && ask.query.edns) {
    ask.query.edns.reset();
    --ask.tries;  // the same server again
    return next(ask);
  }
  if (said->truncated && !over_tcp) return begin_tcp(ask);
  if (said->rcode != kNoError && said->rcode != kNxDomain) {
    // It lives, so it keeps its place; another may know better. Nobody is asked a second time.
    ask.refused = std::move(*said);
    if (ask.tries >= ask.order.size()) return finish(ask, &*ask.refused);
    return next(ask);
  }
  ranking_.answered(server_of(ask).text);
  finish(ask, &*said);
}

void Forwarder::begin_tcp(Ask& ask) {
  end_try(ask);
  const Server& server = server_of(ask);
  const auto* address = reinterpret_cast<const sockaddr*>(&server.address);
  ask.timer = reactor_.after(kTcpTime, [this, &ask] {
    ask.timer.reset();
    failed(ask);
  });
  ask.socket.reset(
      ::socket(server.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const std::string packet = encode(ask.query);
  ask.out.assign({static_cast<char>(packet.size() >> 8), static_cast<char>(packet.size() & 0xff)});
  ask.out += packet;
  ask.in.clear();
  const bool begun =
      ask.socket &&
      (::connect(ask.socket.get(), address, server.length) == 0 || errno == EINPROGRESS) &&
      reactor_.watch(ask.socket.get(), EPOLLOUT, [this, &ask] { go_on_tcp(ask); });
  if (!begun) failed(ask);
}

void Forwarder::go_on_tcp(Ask& ask) {
  const bool well = ask.out.empty() ? read_tcp(ask) : write_tcp(ask);
  if (!well) failed(ask);
}

bool Forwarder::write_tcp(Ask& ask) {
  const ssize_t n = ::send(ask.socket.get(), ask.out.data(), ask.out.size(), MSG_NOSIGNAL);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  ask.out.erase(0, static_cast<std::size_t>(n));
  return !ask.out.empty() ||
         reactor_.watch(ask.socket.get(), EPOLLIN, [this, &ask] { go_on_tcp(ask); });
}

bool Forwarder::read_tcp(Ask& ask) {
  char buffer[16384];
  const ssize_t n = ::recv(ask.socket.get(), buffer, sizeof buffer, 0);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  if (n == 0) return false;
  ask.in.append(buffer, static_cast<std::size_t>(n));
  if (ask.in.size() < 2) return true;
  const std::size_t length = static_cast<std::size_t>(static_cast<std::uint8_t>(ask.in[0])) << 8 |
                             static_cast<std::uint8_t>(ask.in[1]);
  if (ask.in.size() < 2 + length) return true;
  const std::string packet = ask.in.substr(2, length);
  take(ask, packet, true);
  return true;
}

}  // namespace drydock::netns::dns
