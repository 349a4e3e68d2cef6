#pragma once
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string_view>

#include "netns/balancer/balancer.h"

namespace drydock::netns {

// Looks at one target again and again, until stop(). Of the balancer's thread.
class Probe : public std::enable_shared_from_this<Probe> {
 public:
  using Told = std::function<void(TargetHealth health, const std::string& why)>;
  // `told` hears of changes only.
  Probe(const boost::asio::ip::tcp::socket::executor_type& executor, Target target,
        HealthCheck check, Told told);
  void start();
  void stop();
  // Somebody else saw that it takes no connection: it is looked at now.
  void doubt();

 private:
  void look();
  void ask();
  void read_answer();
  void judge(const std::string& wrong);  // empty: it is well
  void rest(Duration time);

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer pause_, deadline_;
  Target target_;
  HealthCheck check_;
  Told told_;
  TargetHealth health_ = TargetHealth::kInitial;
  std::chrono::steady_clock::time_point since_;
  std::string request_;
  std::array<char, 64> answer_ = {};
  std::size_t answered_ = 0;
  int failures_ = 0;
  bool stopped_ = false;
  bool looking_ = false;
};

// The status of an HTTP answer that begins with `head` ("HTTP/1.1 200 OK"); 0 when it is none.
int status_of(std::string_view head);

}  // namespace drydock::netns
