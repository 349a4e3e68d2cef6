#pragma once
#include <memory>
#include <mutex>
#include <string>

#include "base/http/authority.h"
#include "base/http/door.h"

// The hosts of AWS that are here (TaskSpec::firelens_local): TLS with certificates of our own.
namespace drydock::daemon {

// This daemon's authority, made when it is first wanted. Thread-safe.
class LocalAws {
 public:
  // `file` holds certificate and key.
  explicit LocalAws(std::string file) : file_(std::move(file)) {}
  // What containers are to trust, as PEM.
  Result<std::string> authority();
  // The surface of one task's listener: what `api` answers to a log router, and a refusal in the
  // words of the service for everything else.
  Result<http::Surface> surface(http::Handler api);

 private:
  Result<std::shared_ptr<http::Authority>> open();

  const std::string file_;
  std::mutex mutex_;
  std::shared_ptr<http::Authority> authority_;
};

// Answers what is sent to hosts of AWS. Of CloudWatch Logs what a log router calls, no more: who
// reads or deletes logs is not for a container to say.
http::Handler local_aws_handler(http::Handler api);

}  // namespace drydock::daemon
