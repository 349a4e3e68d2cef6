#include "images/registry/session.h"

#include <algorithm>

namespace drydock::images::registry {
namespace {

constexpr int kMostRedirects = 5;
// For the TLS handshake where plain HTTP may be spoken: some servers wait for the end of a line.
constexpr std::chrono::milliseconds kTlsPatience{3000};

tl::unexpected<ExchangeError> stop(Error error) {
  return tl::unexpected(ExchangeError{Trouble::kStopped, std::move(error)});
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

Result<std::unique_ptr<Session>> Session::open(Transport& transport, const Options& options,
                                               const std::string& base, const std::string& alias,
                                               Credentials credentials) {
  std::unique_ptr<Session> session(new Session(transport, options, std::move(credentials)));
  const bool has_scheme = base.find("://") != std::string::npos;
  auto url = parse_url(has_scheme ? base : "https://" + base);
  if (!url) return fail(Errc::kInvalid, "registry \"" + base + "\": " + url.error().message);
  while (!url->target.empty() && url->target.back() == '/') url->target.pop_back();
  session->alias_ = alias;
  const bool plain = may_be_plain(*url, options.insecure);
  if (url->scheme == "http" && !plain)
    return fail(Errc::kInvalid, "registry \"" + base +
                                    "\" may not be asked by plain HTTP: name it as insecure in the "
                                    "daemon's configuration, or use https");
  session->base_ = *url;
  const std::string authority = base.substr(has_scheme ? base.find("://") + 3 : 0);
  session->explicit_port_ =
      authority.substr(0, authority.find('/')).ends_with(":" + std::to_string(url->port));
  if (!has_scheme && plain) {
    DRYDOCK_LET(const Trust* const trust, session->trust_for(*url));
    if (trust->authorities.empty()) {
      session->other_ = *url;
      Url& http = is_loopback(url->host) ? session->base_ : *session->other_;
      http.scheme = "http";
      if (!session->explicit_port_) http.port = 80;
    }
  }
  return session;
}

Url Session::base() const {
  const std::lock_guard lock(mutex_);
  return base_;
}

Result<const Trust*> Session::trust_for(const Url& url) {
  const std::lock_guard lock(mutex_);
  const std::string key = url.origin();
  if (const auto found = trusts_.find(key); found != trusts_.end()) return &found->second;
  DRYDOCK_LET(Trust trust,
              load_trust(options_.certs_dirs, url, url.host == base_.host ? alias_ : ""));
  return &trusts_.emplace(key, std::move(trust)).first->second;
}

std::optional<Url> Session::other_base(const Url& used,
                                       const tl::expected<Answer, ExchangeError>& got) {
  const std::lock_guard lock(mutex_);
  if (!other_) {  // known, perhaps found out by another thread meanwhile
    if (same_origin(used, base_)) return std::nullopt;
    return base_;
  }
  bool wrong = false;
  if (got) {  // what TLS servers say to plain HTTP
    wrong = used.scheme == "http" && got->status == 400;
  } else if (got.error().trouble == Trouble::kUnreachable) {
    wrong = !explicit_port_;
  } else {
    wrong = got.error().trouble == Trouble::kNoTls ||
            (used.scheme == "http" && got.error().trouble == Trouble::kBroken);
    wrong = wrong && !got.error().heard;
  }
  if (wrong) return other_;
  if (got) other_.reset();
  return std::nullopt;
}

bool Session::takes_other(const Url& other, const tl::expected<Answer, ExchangeError>& got) {
  if (!got && !got.error().heard && got.error().trouble != Trouble::kUntrusted) return false;
  const std::lock_guard lock(mutex_);
  base_ = other;
  other_.reset();
  return true;
}

tl::expected<Answer, ExchangeError> Session::get(const Question& question,
                                                 const CancelFlag& cancel) {
  const Url first = base();
  auto answer = get_at(first, question, cancel);
  const auto other = other_base(first, answer);
  if (!other) return answer;
  auto second = get_at(*other, question, cancel);
  return takes_other(*other, second) ? std::move(second) : std::move(answer);
}

tl::expected<Answer, ExchangeError> Session::get_at(const Url& base, const Question& question,
                                                    const CancelFlag& cancel) {
  Url url = base;
  url.target += "/v2/" + question.repository + "/" + question.path;
  bool at_home = true;  // credentials are for the registry's own address, and never come back on
  bool challenged = false;
  auto authorization = authorizer_.header(question.repository, base, cancel);
  if (!authorization) return tl::unexpected(std::move(authorization.error()));
  for (int hops = 0;;) {
    auto answer = send(url, at_home ? *authorization : std::string(), question, cancel);
    if (!answer) {
      if (!at_home) answer.error().error.message += " (redirected to " + url.origin() + ")";
      return answer;
    }
    if (answer->status == 401 && at_home && !challenged) {
      challenged = true;
      authorization =
          authorizer_.challenged(*answer, question.repository, *authorization, base, cancel);
      if (!authorization) return tl::unexpected(std::move(authorization.error()));
    } else if (is_redirect(answer->status)) {
      if (++hops > kMostRedirects)
        return stop(
            {Errc::kInvalid, "more than " + std::to_string(kMostRedirects) + " redirects", 0});
      auto next = redirected(url, *answer);
      if (!next) return stop(std::move(next.error()));
      url = std::move(*next);
      at_home = at_home && same_origin(base, url);
    } else {
      return answer;
    }
  }
}

tl::expected<Answer, ExchangeError> Session::send(const Url& url, const std::string& authorization,
                                                  const Question& question,
                                                  const CancelFlag& cancel) {
  auto trust = trust_for(url);
  if (!trust) return stop(std::move(trust.error()));
  Exchange exchange;
  exchange.url = url;
  exchange.headers = question.headers;
  exchange.authorization = authorization;
  exchange.trust = *trust;
  exchange.connect_timeout = options_.connect_timeout;
  exchange.stall_timeout = options_.stall_timeout;
  {
    const std::lock_guard lock(mutex_);
    if (other_) exchange.connect_timeout = std::min(exchange.connect_timeout, kTlsPatience);
  }
  exchange.most_body = question.most_body;
  exchange.on_head = question.on_head;
  exchange.on_data = question.on_data;
  auto answer = transport_.perform(exchange, cancel);
  if (answer) reached_ = true;
  return answer;
}

Result<Url> Session::redirected(const Url& from, const Answer& answer) const {
  const std::string location = answer.header("location");
  auto next = resolve_url(from, location);
  if (location.empty() || !next)
    return fail(Errc::kInvalid,
                from.origin() + " redirects to something that is not a web address");
  const bool plain_is_fine =
      may_be_plain(*next, options_.insecure) && may_be_plain(base(), options_.insecure);
  if (next->scheme == "http" && !plain_is_fine)
    return fail(Errc::kDenied, from.origin() + " redirects to " + next->origin() +
                                   ", which may not be asked by plain HTTP (name both as insecure "
                                   "in the daemon's configuration to allow it)");
  return next;
}

}  // namespace drydock::images::registry
