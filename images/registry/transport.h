#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "images/image_source.h"
#include "images/registry/answer.h"
#include "images/registry/trust.h"
#include "images/registry/url.h"

namespace drydock::images::registry {

struct Exchange {
  Url url;
  std::vector<std::string> headers;  // "Name: value"
  std::string authorization;         // the header's value, or empty
  std::string form;                  // POSTed when not empty
  const Trust* trust = nullptr;      // for this URL
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds stall_timeout{30'000};
  std::size_t most_body = 64 << 10;  // collected; an answer of 2xx that is larger is an error
  // Called for an answer of 2xx before its body; an error ends the exchange with it.
  std::function<Status(const Answer&)> on_head;
  // Takes the body of an answer of 2xx instead of collecting it.
  std::function<Status(std::string_view)> on_data;
};

enum class Trouble {
  kUnreachable,  // no such host, nobody listens, no connection in time
  kNoTls,        // somebody listens but does not speak TLS
  kUntrusted,    // the certificate
  kBroken,       // cut or stalled on the way
  kStopped,      // by on_head, on_data, a limit or the cancel flag: asking again is of no use
};
struct ExchangeError {
  Trouble trouble = Trouble::kBroken;
  Error error;
  std::optional<std::chrono::seconds> retry_after = {};
  bool heard = false;  // at least the beginning of an HTTP answer
};

// Connections to registries: each exchange takes an idle connection or makes one. Thread-safe.
// Never follows a redirect.
class Transport {
 public:
  Transport();
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // One request and its answer, whatever its status.
  tl::expected<Answer, ExchangeError> perform(const Exchange& exchange, const CancelFlag& cancel);

 private:
  struct Pool;
  std::unique_ptr<Pool> pool_;
};

}  // namespace drydock::images::registry
