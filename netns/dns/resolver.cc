#include "netns/dns/resolver.h"

#include <sys/epoll.h>

#include <algorithm>

#include "base/logging.h"

namespace drydock::netns::dns {
namespace {

constexpr std::size_t kCacheEntries = 8192;
constexpr std::size_t kCacheBytes = 8u << 20;
constexpr std::size_t kMaxAsking = 512;  // different questions at once, of all tasks

// What the client takes in one datagram; more than 4096 is never worth the fragments.
std::size_t udp_limit(const Message& query) {
  if (!query.edns) return kPlainUdp;
  return std::clamp<std::size_t>(query.edns->udp_size, kPlainUdp, 4096);
}

Result<std::vector<Server>> parsed(const std::vector<std::string>& upstreams) {
  std::vector<Server> servers;
  for (const std::string& text : upstreams) {
    auto server = parse_server(text);
    if (!server)
      return fail(Errc::kInvalid, "name server \"" + text +
                                      "\" is no address like 10.0.0.2, 127.0.0.1:5353 or "
                                      "[2001:db8::1]:53");
    servers.push_back(std::move(*server));
  }
  return servers;
}

std::vector<std::string> texts_of(const std::vector<Server>& servers) {
  std::vector<std::string> texts;
  texts.reserve(servers.size());
  for (const Server& s : servers) texts.push_back(s.text);
  return texts;
}

}  // namespace

Resolver::Resolver(const ResolverOptions& options, std::unique_ptr<Reactor> reactor)
    : site_(options.site),
      reactor_(std::move(reactor)),
      forwarder_(*reactor_),
      cache_(kCacheEntries, kCacheBytes) {}

Result<std::unique_ptr<Resolver>> Resolver::open(const ResolverOptions& options) {
  DRYDOCK_LET(auto servers, parsed(options.upstreams));
  DRYDOCK_LET(auto reactor, Reactor::open());
  std::unique_ptr<Resolver> r(new Resolver(options, std::move(reactor)));
  Resolver* raw = r.get();
  if (options.upstreams.empty()) {
    DRYDOCK_LET(r->watch_, ResolvWatch::open());
    r->use_host_servers();
    r->reactor_->watch(r->watch_->fd(), EPOLLIN, [raw] {
      if (raw->watch_->changed()) raw->use_host_servers();
    });
  } else {
    r->upstreams_ = texts_of(servers);
    r->forwarder_.use(std::move(servers));
  }
  r->thread_ = std::thread([raw] { raw->reactor_->run(); });
  return r;
}

Resolver::~Resolver() {
  reactor_->stop();
  if (thread_.joinable()) thread_.join();
}

void Resolver::use_host_servers() {
  auto servers = host_servers();
  auto texts = texts_of(servers);
  if (texts == upstreams_) return;
  // Another network may give other answers.
  cache_.clear();
  upstreams_ = std::move(texts);
  forwarder_.use(std::move(servers));
  log::debug("resolver: the host's name servers have changed");
}

std::vector<std::string> Resolver::upstreams() {
  std::vector<std::string> texts;
  reactor_->call([&] { texts = upstreams_; });
  return texts;
}

void Resolver::add(int slot, Sockets sockets) {
  auto shared = std::make_shared<Sockets>(std::move(sockets));
  reactor_->post([this, slot, shared] {
    auto door = std::make_unique<TaskDoor>(
        *reactor_, std::move(*shared),
        [this, slot](const Asker& asker, std::string_view packet) { handle(slot, asker, packet); });
    doors_[slot] = {++last_door_, std::move(door), {}};
  });
}

void Resolver::keep_aws_here(int slot, AwsHere aws) {
  reactor_->call([&] {
    if (const auto at = doors_.find(slot); at != doors_.end()) at->second.aws = std::move(aws);
  });
}

void Resolver::remove(int slot) {
  reactor_->call([this, slot] { doors_.erase(slot); });
}

void Resolver::reply(const Waiter& waiter, const Message& message) {
  const auto at = doors_.find(waiter.slot);
  if (at != doors_.end() && at->second.number == waiter.door)
    at->second.door->reply(waiter.asker, message, udp_limit(waiter.query));
}

void Resolver::handle(int slot, const Asker& asker, std::string_view packet) {
  const Served& served = doors_.at(slot);
  Waiter waiter{slot, served.number, asker, {}, {}};
  auto query = decode(packet);
  if (!query) {
    const auto id = id_of_query(packet);
    if (!id) return;
    waiter.query.id = *id;
    return reply(waiter, reply_to(waiter.query, kFormErr));
  }
  if (query->response) return;  // or two resolvers could talk for ever
  waiter.query = std::move(*query);
  Verdict verdict = decide(waiter.query, registry_, site_, turn_++, served.aws);
  if (!verdict.ask) return reply(waiter, verdict.reply);
  waiter.begun = std::move(verdict.reply);
  ask(std::move(waiter), *verdict.ask);
}

void Resolver::ask(Waiter waiter, const Question& question) {
  const bool dnssec_ok = waiter.query.edns && waiter.query.edns->dnssec_ok;
  const bool checking_disabled = waiter.query.checking_disabled;
  const std::string key = cache_key(question, dnssec_ok, checking_disabled);
  if (const auto known = cache_.find(key, Clock::now()))
    return reply(waiter, finished(waiter.query, waiter.begun, *known));
  TaskDoor& door = *doors_.at(waiter.slot).door;
  const auto same = waiting_.find(key);
  const bool full =
      door.waiting >= kMaxAtOnce || (same == waiting_.end() && forwarder_.asking() >= kMaxAsking);
  if (full) return reply(waiter, reply_to(waiter.query, kServFail));
  ++door.waiting;
  if (same != waiting_.end()) {
    same->second.push_back(std::move(waiter));
    return;
  }
  waiting_[key].push_back(std::move(waiter));
  forwarder_.ask(question, dnssec_ok, checking_disabled,
                 [this, key](const Message* message) { said(key, message); });
}

void Resolver::said(const std::string& key, const Message* message) {
  const auto at = waiting_.find(key);
  const std::vector<Waiter> waiters = std::move(at->second);
  waiting_.erase(at);
  if (message) cache_.put(key, *message, Clock::now());
  for (const Waiter& waiter : waiters) {
    const auto served = doors_.find(waiter.slot);
    if (served == doors_.end() || served->second.number != waiter.door) continue;
    --served->second.door->waiting;
    reply(waiter, message ? finished(waiter.query, waiter.begun, *message)
                          : reply_to(waiter.query, kServFail));
  }
}

}  // namespace drydock::netns::dns
