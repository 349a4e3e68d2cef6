#include <utility>  // Boost 1.74's asio/awaitable.hpp forgets it

#include "netns/balancer/relay_internal.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

namespace drydock::netns {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// A task is on this machine: it answers at once or not at all.
constexpr std::chrono::seconds kConnectTime{2};
constexpr std::chrono::milliseconds kRest{250};

}  // namespace

Relay::Relay(Socket client, std::vector<Target> targets)
    : client_(std::move(client)),
      server_(client_.get_executor()),
      patience_(client_.get_executor()),
      targets_(std::move(targets)) {}

void Relay::start(Hooks hooks) {
  hooks_ = std::move(hooks);
  error_code ignored;
  client_.set_option(tcp::no_delay(true), ignored);
  try_next();
}

void Relay::try_next() {
  if (ended_) return;
  error_code wrong;
  if (server_.is_open()) server_.close(wrong);
  if (next_ == targets_.size()) return close();
  const Target& target = targets_[next_++];
  if (!hooks_.serves(target.id)) return try_next();
  target_ = target.id;
  const auto address = asio::ip::make_address(target.address, wrong);
  if (wrong) return try_next();
  patience_.expires_after(kConnectTime);
  patience_.async_wait([self = shared_from_this()](error_code ec) {
    error_code ignored;
    if (!ec && !self->connected_) self->server_.close(ignored);
  });
  server_.async_connect(tcp::endpoint(address, static_cast<unsigned short>(target.port)),
                        [self = shared_from_this(), id = target.id](error_code ec) {
                          self->patience_.cancel();
                          if (self->ended_) return;
                          if (ec) {
                            self->hooks_.refused(id);
                            return self->try_next();
                          }
                          error_code ignored;
                          self->server_.set_option(tcp::no_delay(true), ignored);
                          self->connected_ = true;
                          self->carry(self->up_);
                          self->carry(self->down_);
                        });
}

void Relay::carry(Way& way) {
  way.from.async_read_some(asio::buffer(way.bytes),
                           [self = shared_from_this(), &way](error_code ec, std::size_t got) {
                             if (self->ended_) return;
                             if (ec) return self->end_of(way, ec);
                             self->answered_ = way.of_target;
                             self->moved_ = std::chrono::steady_clock::now();
                             asio::async_write(way.to, asio::buffer(way.bytes, got),
                                               [self, &way](error_code failed, std::size_t) {
                                                 if (self->ended_) return;
                                                 failed ? self->close() : self->carry(way);
                                               });
                           });
}

// One side says no more: the other is told so, and may still answer.
void Relay::end_of(Way& way, const error_code& why) {
  if (why != asio::error::eof || --open_ways_ == 0) return close();
  error_code failed;
  way.to.shutdown(tcp::socket::shutdown_send, failed);
  if (failed) close();
}

bool Relay::rests() const {
  return answered_ && std::chrono::steady_clock::now() - moved_ >= kRest;
}

void Relay::close() {
  if (std::exchange(ended_, true)) return;
  error_code ignored;
  patience_.cancel(ignored);
  client_.close(ignored);
  server_.close(ignored);
  hooks_.ended();
}

}  // namespace drydock::netns
