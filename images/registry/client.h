#pragma once
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "images/image_source.h"

namespace drydock::images::registry {

// How registries are spoken to; from the daemon's configuration.
struct Options {
  // "host" or "host:port" that may be asked by plain HTTP. Loopback addresses and localhost always
  // may.
  std::vector<std::string> insecure;
  // Registry -> base URLs ("https://mirror.example/prefix") that are asked first, in order; the
  // registry itself comes last.
  std::map<std::string, std::vector<std::string>> mirrors;
  // Folders with <host[:port]>/*.crt: more CAs, beside those of the system.
  std::vector<std::string> certs_dirs = {"/etc/drydock/certs.d", "/etc/docker/certs.d"};
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds stall_timeout{30'000};  // no byte for so long
  int attempts = 5;                                 // of one request, the first one counted
  std::chrono::milliseconds first_backoff{200};     // doubles, with jitter; Retry-After counts more
};

// What a registry wants to know of who asks. All empty: anonymous.
struct Credentials {
  std::string username;
  std::string password;
  std::string identity_token;  // an OAuth2 refresh token instead of a password
  bool empty() const { return username.empty() && password.empty() && identity_token.empty(); }
};

// A client of the OCI Distribution (and Docker Registry v2) pull protocol for one pull: its
// connections, tokens and credentials. `credentials` are for the reference's own registry only and
// never follow a redirect or a mirror.
std::unique_ptr<ImageSource> open_registry(Options options, Credentials credentials);

}  // namespace drydock::images::registry
