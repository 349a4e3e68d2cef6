#include <utility>  // Boost 1.74's asio/awaitable.hpp forgets it

#include "netns/balancer/probe_internal.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <charconv>

namespace drydock::netns {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

}  // namespace

int status_of(std::string_view head) {
  constexpr std::size_t kAt = 9;  // after "HTTP/1.1 "
  if (!head.starts_with("HTTP/1.") || head.size() < kAt + 3 || head[kAt - 1] != ' ') return 0;
  int status = 0;
  const char* const end = head.data() + kAt + 3;
  const auto read = std::from_chars(head.data() + kAt, end, status);
  return read.ec == std::errc{} && read.ptr == end && status >= 100 ? status : 0;
}

Probe::Probe(const tcp::socket::executor_type& executor, Target target, HealthCheck check,
             Told told)
    : socket_(executor),
      pause_(executor),
      deadline_(executor),
      target_(std::move(target)),
      check_(std::move(check)),
      told_(std::move(told)),
      since_(std::chrono::steady_clock::now()) {
  if (!check_.path.empty())
    request_ = "GET " + check_.path + " HTTP/1.1\r\nHost: " + target_.address + ":" +
               std::to_string(target_.port) +
               "\r\nUser-Agent: ELB-HealthChecker/2.0\r\nConnection: close\r\n\r\n";
}

void Probe::start() { look(); }

void Probe::stop() {
  stopped_ = true;
  error_code ignored;
  pause_.cancel(ignored);
  deadline_.cancel(ignored);
  socket_.close(ignored);
}

void Probe::doubt() {
  if (looking_ || stopped_ || health_ != TargetHealth::kHealthy) return;
  pause_.cancel();
  look();
}

void Probe::look() {
  error_code wrong;
  const auto address = asio::ip::make_address(target_.address, wrong);
  looking_ = true;
  answered_ = 0;
  deadline_.expires_after(check_.timeout);
  deadline_.async_wait([self = shared_from_this()](error_code ec) {
    error_code ignored;
    if (!ec) self->socket_.close(ignored);
  });
  socket_.async_connect(
      tcp::endpoint(address, static_cast<unsigned short>(target_.port)),
      [self = shared_from_this()](error_code ec) {
        if (ec)
          self->judge(ec == asio::error::operation_aborted ? "Request timed out" : ec.message());
        else if (self->request_.empty())
          self->judge({});
        else
          self->ask();
      });
}

void Probe::ask() {
  asio::async_write(socket_, asio::buffer(request_),
                    [self = shared_from_this()](error_code ec, std::size_t) {
                      ec ? self->judge(ec.message()) : self->read_answer();
                    });
}

void Probe::read_answer() {
  socket_.async_read_some(asio::buffer(answer_.data() + answered_, answer_.size() - answered_),
                          [self = shared_from_this()](error_code ec, std::size_t got) {
                            self->answered_ += got;
                            const int status = status_of({self->answer_.data(), self->answered_});
                            if (status >= 200 && status < 400) return self->judge({});
                            if (status != 0)
                              return self->judge("Health checks failed with these codes: [" +
                                                 std::to_string(status) + "]");
                            if (ec == asio::error::operation_aborted)
                              return self->judge("Request timed out");
                            if (ec || self->answered_ == self->answer_.size())
                              return self->judge("Health checks failed: the answer is not HTTP");
                            self->read_answer();
                          });
}

void Probe::judge(const std::string& wrong) {
  looking_ = false;
  error_code ignored;
  deadline_.cancel(ignored);
  socket_.close(ignored);
  if (stopped_) return;
  failures_ = wrong.empty() ? 0 : failures_ + 1;
  TargetHealth found = health_;
  if (wrong.empty())
    found = TargetHealth::kHealthy;
  else if (health_ == TargetHealth::kInitial
               ? std::chrono::steady_clock::now() - since_ >= check_.patience
               : failures_ >= check_.unhealthy_after)
    found = TargetHealth::kUnhealthy;
  if (std::exchange(health_, found) != found) told_(found, wrong);
  // One that fails is looked at soon again: it may be back, or is to be known as gone.
  rest(wrong.empty() ? check_.interval
                     : std::min<Duration>(check_.interval, 5 * check_.first_interval));
}

void Probe::rest(Duration time) {
  if (stopped_) return;
  if (health_ == TargetHealth::kInitial) time = check_.first_interval;
  pause_.expires_after(time);
  pause_.async_wait([self = shared_from_this()](error_code ec) {
    if (!ec && !self->stopped_ && !self->looking_) self->look();
  });
}

}  // namespace drydock::netns
