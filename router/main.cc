#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "base/files.h"
#include "base/loop.h"
#include "router/server.h"

// drydock-router: the built-in log router, process 1 of its container.
namespace {

using namespace drydock;

constexpr const char* kConfig = "/fluent-bit/etc/fluent-bit.conf";
constexpr const char* kSocket = "/var/run/fluent.sock";
constexpr std::chrono::seconds kDrain{20};  // below the usual stop timeout of 30 s

void tell(const std::string& text) {
  std::fprintf(stderr, "drydock-router: %s\n", text.c_str());
  std::fflush(stderr);
}

int complain(const Error& error) {
  tell(error.message);
  return 1;
}

// A definition's health command asks the real router in some way of its own; here each is this
// program by another name, and asks whether the router listens.
int health() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, kSocket, sizeof address.sun_path - 1);
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return fd && ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0
             ? 0
             : 1;
}

Result<std::vector<logrouter::RouterSection>> configuration(const std::string& file) {
  DRYDOCK_LET(const std::string text, read_file(file, 1u << 20));
  DRYDOCK_LET(auto sections, logrouter::read_router_config(text));
  router::fill_in_environment(sections, router::environment);
  return sections;
}

int run(const std::string& file, const sigset_t& stop) {
  auto sections = configuration(file);
  if (!sections) return complain(sections.error());
  auto made = router::Router::make(*sections, tell);
  if (!made) return complain(made.error());
  Loop loop;
  router::Server server(loop, **made, tell);
  for (const auto& section : *sections)
    if (section.name == "INPUT")
      if (auto open = server.open(section); !open) return complain(open.error());
  const UniqueFd signals(::signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK));
  const auto on_signal = loop.readable(signals.get(), [&] { loop.stop(); });
  tell("the built-in log router takes records; outputs: " + std::to_string((*made)->outputs()));
  loop.run();
  server.close();
  (*made)->drain(kDrain);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view name(argc > 0 ? argv[0] : "");
  if (!name.ends_with("drydock-router")) return health();
  sigset_t stop;
  sigemptyset(&stop);
  for (const int s : {SIGTERM, SIGINT}) sigaddset(&stop, s);
  ::pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return run(argc > 1 ? argv[1] : kConfig, stop);
}
