#include "cli/session.h"

#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/daemon_process.h"

namespace drydock::cli {

Result<Client> Session::connect(Missing missing) {
  Client::Trace trace;
  if (common.verbose) trace = [this](const std::string& text) { err.line(text); };
  const char* variable = std::getenv("DRYDOCK_HOST");
  const std::string given = !common.host.empty() ? common.host : variable ? variable : "";
  if (!given.empty()) {
    auto host = parse_host(given);
    if (!host)
      return tl::unexpected(
          std::move(host.error()).in(common.host.empty() ? "DRYDOCK_HOST" : "--host"));
    if (!host->socket.empty()) DRYDOCK_TRY(probe_socket(host->socket));
    return Client(std::move(*host), std::move(trace));
  }
  const Client client(Host{kDefaultSocket, {}}, std::move(trace));
  const auto there = probe_socket(kDefaultSocket);
  if (there) return client;
  if (there.error().code != Errc::kNotFound || missing == Missing::kLeave)
    return tl::unexpected(there.error());
  if (::geteuid() != 0)
    return fail(Errc::kNotFound,
                there.error().message + "; start one with: sudo drydock daemon start");
  note("no daemon answers: starting one (drydock daemon stop ends it)");
  DRYDOCK_TRY(start_daemon({}, "/run/drydock"));
  return client;
}

int Session::failed(const Error& error, int exit_code) {
  err.line("drydock: " + error.message);
  return exit_code;
}

void Session::note(std::string_view text) {
  if (!common.quiet) err.line(text);
}

int Session::print_json(const Json& json) {
  out.line(pretty_json(json));
  return 0;
}

}  // namespace drydock::cli
