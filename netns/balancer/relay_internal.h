#pragma once
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "netns/balancer/balancer.h"

namespace drydock::netns {

// One connection of a client, carried to the first of some targets that takes it. Of the balancer's
// thread.
class Relay : public std::enable_shared_from_this<Relay> {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  struct Hooks {
    std::function<bool(const std::string& target)> serves;   // it is still one
    std::function<void(const std::string& target)> refused;  // this one did not take it
    std::function<void()> ended;                             // once; the relay is not used any more
  };
  Relay(Socket client, std::vector<Target> targets);

  void start(Hooks hooks);
  void close();
  // Who has the connection, or is asked to take it.
  const std::string& target() const { return target_; }
  // It was used, the last byte was the target's, and that is a while ago: no answer is awaited.
  bool rests() const;

 private:
  struct Way {
    Socket& from;
    Socket& to;
    bool of_target;
    std::array<char, 16384> bytes = {};
  };
  void try_next();
  void carry(Way& way);
  void end_of(Way& way, const boost::system::error_code& why);

  Socket client_, server_;
  boost::asio::steady_timer patience_;
  std::vector<Target> targets_;
  std::size_t next_ = 0;
  Hooks hooks_;
  std::string target_;
  Way up_{client_, server_, false}, down_{server_, client_, true};
  int open_ways_ = 2;
  bool ended_ = false;
  bool connected_ = false;
  bool answered_ = false;  // the last byte was the target's
  std::chrono::steady_clock::time_point moved_;
};

}  // namespace drydock::netns
