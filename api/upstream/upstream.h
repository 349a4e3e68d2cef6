#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "api/upstream/asked.h"
#include "base/http/aws_call.h"
#include "base/http/message.h"

namespace drydock::api {

struct UpstreamOptions {
  std::string endpoint;                         // an address, "aws", or empty: none
  std::map<std::string, std::string> services;  // by service: the same, or "none"
  // Of upstream.profile; for AWS, and for addresses when `sign_all`.
  std::function<Result<http::AwsKeys>()> keys;
  bool sign_all = false;
  bool tasks = false;  // tasks may use it, too
  std::chrono::seconds silence{300};
  std::string region;    // of requests that name none
  std::string instance;  // tells our own requests from others: an upstream may lead back to us
};

// Where calls of AWS services go that Drydock does not have: another emulator, or AWS. Immutable,
// thread-safe.
class Upstream {
 public:
  explicit Upstream(UpstreamOptions options) : options_(std::move(options)) {}

  struct Target {
    std::string url;      // "http://localhost:4566", without a slash at its end
    std::string setting;  // what leads there: "upstream.services.sqs"
    bool sign = false;
  };
  // Where a service's calls go; nullopt: nowhere. A request for no known service (`service` empty)
  // goes to an emulator only.
  std::optional<Target> target(const std::string& service, const std::string& region = {}) const;
  // Where this request goes, which no room here answers: nullopt for ours, and for what "/" alone
  // asks of nobody.
  std::optional<Target> takes(const http::Request& head) const;
  bool serves_tasks() const { return options_.tasks; }

  // Passes a request on, as it came or signed anew, and its answer back, unchanged. Blocks: on a
  // thread of its own. With Request::stream both bodies are passed on while they arrive.
  // `ended`: the daemon ends.
  http::Response forward(const http::Request& request, const std::function<bool()>& ended) const;

  // A call that a room of ours makes: signed, to wherever the service's calls go. kNotFound names
  // the setting when that is nowhere; else errors as of aws_fetch(). Blocks.
  Result<http::ClientResponse> send(const std::string& service, const std::string& region,
                                    http::AwsRequest request,
                                    const http::AwsPatience& patience = {}) const;

 private:
  std::string place_of(const std::string& service, std::string& setting) const;
  bool came_from_us(const http::Request& request) const;

  UpstreamOptions options_;
};

}  // namespace drydock::api
