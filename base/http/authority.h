#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace drydock::http {

// A certificate authority of our own, for one daemon's TLS listeners.
class Authority {
 public:
  // Reads the one in the file at `path`, or makes it: certificate and key, for root alone (0600).
  // Its certificate says that it vouches for hosts below `domains` and no others, so that whoever
  // trusts it is not at its mercy. One that ends soon, or is damaged, is replaced.
  static Result<std::unique_ptr<Authority>> open(const std::string& path,
                                                 const std::vector<std::string>& domains);
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  // What clients are to trust, as PEM.
  const std::string& certificate() const;

  // A host's certificate and its key, for OpenSSL.
  struct Identity;
  // Made when a host is first asked for, kept for a day. Thread-safe.
  Result<std::shared_ptr<const Identity>> identity(const std::string& host);

 private:
  struct State;
  explicit Authority(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace drydock::http
