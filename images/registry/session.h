#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "images/registry/authorizer.h"
#include "images/registry/client.h"
#include "images/registry/transport.h"

namespace drydock::images::registry {

// What is asked of a registry, below its /v2/<repository>/.
struct Question {
  std::string repository;
  std::string path;  // "manifests/latest", "blobs/sha256:..."
  std::vector<std::string> headers;
  std::size_t most_body = 64 << 10;
  std::function<Status(const Answer&)> on_head;
  std::function<Status(std::string_view)> on_data;
};

// One registry or mirror. Finds out its scheme, answers its challenges and follows its redirects;
// does not try again. Thread-safe.
class Session {
 public:
  // A base without "http://" or "https://" ("localhost:5000") gets https. Where plain HTTP is
  // allowed and the host has no extra CAs, both are tried: on loopback http first, which is quicker
  // to find out, elsewhere https first.
  static Result<std::unique_ptr<Session>> open(Transport& transport, const Options& options,
                                               const std::string& base, const std::string& alias,
                                               Credentials credentials);

  // One GET. Every answer that is not a redirect and not a challenge is given.
  tl::expected<Answer, ExchangeError> get(const Question& question, const CancelFlag& cancel);
  // Whether it ever answered.
  bool reached() const { return reached_; }
  bool anonymous() const { return authorizer_.anonymous(); }
  std::string shown() const { return base().origin(); }

 private:
  Session(Transport& transport, const Options& options, Credentials credentials)
      : transport_(transport),
        options_(options),
        authorizer_(transport, options, std::move(credentials)) {}
  Url base() const;
  tl::expected<Answer, ExchangeError> get_at(const Url& base, const Question& question,
                                             const CancelFlag& cancel);
  tl::expected<Answer, ExchangeError> send(const Url& url, const std::string& authorization,
                                           const Question& question, const CancelFlag& cancel);
  Result<Url> redirected(const Url& from, const Answer& answer) const;
  Result<const Trust*> trust_for(const Url& url);
  std::optional<Url> other_base(const Url& used, const tl::expected<Answer, ExchangeError>& got);
  bool takes_other(const Url& other, const tl::expected<Answer, ExchangeError>& got);

  Transport& transport_;
  const Options& options_;
  Authorizer authorizer_;
  std::string alias_;
  std::atomic<bool> reached_ = false;
  mutable std::mutex mutex_;
  Url base_;
  bool explicit_port_ = false;
  std::optional<Url> other_;  // to be tried; none once it is known what is spoken
  std::map<std::string, Trust> trusts_;
};

}  // namespace drydock::images::registry
