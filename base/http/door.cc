#include <utility>  // Boost 1.74's asio/awaitable.hpp forgets it

#include "base/http/door.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <map>
#include <thread>

#include "base/http/connection_internal.h"

namespace drydock::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::chrono::milliseconds kAcceptPause{100};  // when descriptors or memory run out
constexpr int kAcceptsATurn = 64;
constexpr std::size_t kTurnedAway =
    64;  // connections beyond the limit that are told so; more are closed unheard

// One listening socket.
class Listening : public std::enable_shared_from_this<Listening> {
 public:
  Listening(Reactor& reactor, UniqueFd socket, Surface surface)
      : reactor_(reactor),
        socket_(reactor.io, socket.release()),
        pause_(reactor.io),
        home_(std::make_shared<Home>(Home{std::move(surface), {}, 0})) {}

  void wait() {
    socket_.async_wait(asio::posix::stream_descriptor::wait_read,
                       [self = shared_from_this()](error_code ec) {
                         if (!ec) self->accept();
                       });
  }
  void close() {
    error_code ignored;
    socket_.close(ignored);
    pause_.cancel(ignored);
    const auto connections = home_->connections;
    for (const auto& one : connections) one->drop();
  }

 private:
  void accept() {
    for (int i = 0; i < kAcceptsATurn && socket_.is_open(); ++i) {
      UniqueFd fd(
          ::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (fd) {
        admit(std::move(fd));
      } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        return back_off();
      } else if (errno != ECONNABORTED && errno != EINTR) {
        break;
      }
    }
    if (socket_.is_open()) wait();
  }
  void admit(UniqueFd fd) {
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // ignored by unix sockets
    const auto limit = static_cast<std::size_t>(home_->surface.limits.connections);
    const auto present = home_->connections.size();
    if (present >= limit + kTurnedAway) return;
    auto connection = std::make_shared<Connection>(reactor_, home_, std::move(fd));
    home_->connections.insert(connection);
    present - home_->draining < limit ? connection->start() : connection->turn_away();
  }
  void back_off() {
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([self = shared_from_this()](error_code ec) {
      if (!ec && self->socket_.is_open()) self->wait();
    });
  }

  Reactor& reactor_;
  asio::posix::stream_descriptor socket_;
  asio::steady_timer pause_;
  std::shared_ptr<Home> home_;
};

}  // namespace

struct Door::State {
  Reactor reactor;
  asio::executor_work_guard<asio::io_context::executor_type> guard{reactor.io.get_executor()};
  std::map<int, std::shared_ptr<Listening>> listening;  // the reactor's
  std::atomic<int> next_id{1};
  std::thread thread;

  // Runs `work` on the reactor and waits for it; at once when that is where we are.
  void on_reactor(const std::function<void()>& work) {
    if (std::this_thread::get_id() == thread.get_id()) return work();
    std::promise<void> done;
    asio::post(reactor.io, [&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }
};

Door::Door(int workers) : state_(std::make_unique<State>()) {
  state_->reactor.workers = std::make_unique<WorkerPool>(workers);
  state_->thread = std::thread([state = state_.get()] { state->reactor.io.run(); });
}

Door::~Door() {
  state_->on_reactor([this] {
    for (auto& [id, one] : state_->listening) one->close();
    state_->listening.clear();
  });
  // Handlers that still run may post to the reactor: it ends last.
  state_->reactor.stream_threads.join();
  state_->reactor.workers.reset();
  state_->guard.reset();
  state_->thread.join();
}

int Door::open(UniqueFd listening, Surface surface) {
  const int id = state_->next_id++;
  const int flags = ::fcntl(listening.get(), F_GETFL);
  ::fcntl(listening.get(), F_SETFL, flags | O_NONBLOCK);
  state_->on_reactor([&] {
    auto one =
        std::make_shared<Listening>(state_->reactor, std::move(listening), std::move(surface));
    one->wait();
    state_->listening.emplace(id, std::move(one));
  });
  return id;
}

void Door::close(int id) {
  std::shared_ptr<Listening> gone;  // its handler may hold much: destroyed on the caller's thread
  state_->on_reactor([&] {
    const auto it = state_->listening.find(id);
    if (it == state_->listening.end()) return;
    gone = std::move(it->second);
    state_->listening.erase(it);
    gone->close();
  });
}

}  // namespace drydock::http
