#pragma once
#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "images/registry/challenge.h"
#include "images/registry/client.h"
#include "images/registry/transport.h"
#include "images/registry/trust.h"

namespace drydock::images::registry {

// Answers the challenges of one registry: basic, or bearer with a token from the endpoint that the
// challenge names. Tokens are kept until shortly before they expire. Thread-safe; when several
// threads need a token one fetches it and the others wait.
class Authorizer {
 public:
  Authorizer(Transport& transport, const Options& options, Credentials credentials)
      : transport_(transport), options_(options), credentials_(std::move(credentials)) {}

  // The Authorization header for the next request about `repository`; empty when none is known.
  tl::expected<std::string, ExchangeError> header(const std::string& repository,
                                                  const Url& registry, const CancelFlag& cancel);
  // The header that answers `refusal` (401 from `registry`) of a request that had `used`.
  tl::expected<std::string, ExchangeError> challenged(const Answer& refusal,
                                                      const std::string& repository,
                                                      const std::string& used, const Url& registry,
                                                      const CancelFlag& cancel);
  bool anonymous() const { return credentials_.empty(); }

 private:
  struct Grant {
    std::string header;
    std::chrono::steady_clock::time_point until;
    Challenge challenge;
  };
  using Lock = std::unique_lock<std::timed_mutex>;
  tl::expected<Lock, ExchangeError> lock(const CancelFlag& cancel);
  tl::expected<std::string, ExchangeError> fetch(const Challenge& challenge,
                                                 const std::string& repository, const Url& registry,
                                                 const CancelFlag& cancel);
  Result<Exchange> token_request(const Challenge& challenge, const std::string& repository,
                                 const Url& registry) const;

  Transport& transport_;
  const Options& options_;
  const Credentials credentials_;
  std::timed_mutex mutex_;
  std::map<std::string, Grant> grants_;  // by repository
};

// The value of a Basic Authorization header.
std::string basic_authorization(const std::string& username, const std::string& password);

}  // namespace drydock::images::registry
