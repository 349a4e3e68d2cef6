#include "images/registry/authorizer.h"

#include <openssl/evp.h>

#include <sstream>

namespace drydock::images::registry {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kLargestTokenAnswer = 1 << 20;
constexpr std::chrono::seconds kEarly{10};  // renewed so long before it expires

tl::unexpected<ExchangeError> refuse(Errc code, std::string message) {
  return tl::unexpected(ExchangeError{Trouble::kStopped, {code, std::move(message), 0}});
}

const Challenge* find(const std::vector<Challenge>& challenges, std::string_view scheme) {
  for (const auto& one : challenges)
    if (one.scheme == scheme) return &one;
  return nullptr;
}

std::vector<std::string> words(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> all;
  for (std::string word; in >> word;) all.push_back(word);
  return all;
}

}  // namespace

std::string basic_authorization(const std::string& username, const std::string& password) {
  const std::string plain = username + ":" + password;
  std::string out(4 * ((plain.size() + 2) / 3), '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                  reinterpret_cast<const unsigned char*>(plain.data()),
                  static_cast<int>(plain.size()));
  return "Basic " + out;
}

tl::expected<Authorizer::Lock, ExchangeError> Authorizer::lock(const CancelFlag& cancel) {
  Lock lock(mutex_, std::defer_lock);
  while (!lock.try_lock_for(std::chrono::milliseconds(250)))
    if (cancel.is_set()) return refuse(Errc::kCancelled, "cancelled");
  return lock;
}

tl::expected<std::string, ExchangeError> Authorizer::header(const std::string& repository,
                                                            const Url& registry,
                                                            const CancelFlag& cancel) {
  auto held = lock(cancel);
  if (!held) return tl::unexpected(std::move(held.error()));
  const auto found = grants_.find(repository);
  if (found == grants_.end()) return std::string();
  if (Clock::now() < found->second.until) return found->second.header;
  const Challenge challenge = found->second.challenge;
  return fetch(challenge, repository, registry, cancel);
}

tl::expected<std::string, ExchangeError> Authorizer::challenged(const Answer& refusal,
                                                                const std::string& repository,
                                                                const std::string& used,
                                                                const Url& registry,
                                                                const CancelFlag& cancel) {
  auto held = lock(cancel);
  if (!held) return tl::unexpected(std::move(held.error()));
  // Another thread was quicker.
  if (const auto found = grants_.find(repository);
      found != grants_.end() && found->second.header != used && Clock::now() < found->second.until)
    return found->second.header;
  std::vector<Challenge> offered;
  const auto [from, to] = refusal.headers.equal_range("www-authenticate");
  for (auto one = from; one != to; ++one)
    for (auto& challenge : parse_challenges(one->second)) offered.push_back(std::move(challenge));
  if (const Challenge* bearer = find(offered, "bearer"))
    return fetch(*bearer, repository, registry, cancel);
  if (const Challenge* basic = find(offered, "basic")) {
    if (credentials_.username.empty() && credentials_.password.empty())
      return refuse(Errc::kDenied, registry.host_port() + " asks for a user name and password" +
                                       (anonymous() ? " and none are known here"
                                                    : "; only a token is known here"));
    std::string header = basic_authorization(credentials_.username, credentials_.password);
    grants_[repository] = {header, Clock::time_point::max(), *basic};
    return header;
  }
  return refuse(Errc::kDenied,
                registry.host_port() + " refuses access and offers no login that is known here" +
                    (offered.empty() ? "" : " (" + printable(offered.front().scheme, 40) + ")"));
}

Result<Exchange> Authorizer::token_request(const Challenge& challenge,
                                           const std::string& repository,
                                           const Url& registry) const {
  auto realm = parse_url(challenge.parameter("realm"));
  if (!realm) return fail(Errc::kInvalid, registry.host_port() + " names no usable token endpoint");
  // A password goes there: never in the clear over a network, unless the user said so.
  const bool plain_is_fine =
      may_be_plain(*realm, options_.insecure) && may_be_plain(registry, options_.insecure);
  if (realm->scheme != "https" && !plain_is_fine)
    return fail(Errc::kDenied, "the token endpoint " + realm->shown() + " of " +
                                   registry.host_port() + " is not https");
  std::string scope = challenge.parameter("scope");
  if (scope.empty()) scope = "repository:" + repository + ":pull";
  std::string query = "service=" + query_escape(challenge.parameter("service"));
  Exchange exchange;
  if (!credentials_.identity_token.empty()) {
    exchange.form = "grant_type=refresh_token&client_id=drydock&" + query +
                    "&scope=" + query_escape(scope) +
                    "&refresh_token=" + query_escape(credentials_.identity_token);
  } else {
    for (const auto& one : words(scope)) query += "&scope=" + query_escape(one);
    if (!credentials_.empty()) {
      query += "&client_id=drydock&account=" + query_escape(credentials_.username);
      exchange.authorization = basic_authorization(credentials_.username, credentials_.password);
    }
    realm->target += (realm->target.find('?') == std::string::npos ? "?" : "&") + query;
  }
  exchange.url = std::move(*realm);
  exchange.headers = {"Accept: application/json"};
  exchange.connect_timeout = options_.connect_timeout;
  exchange.stall_timeout = options_.stall_timeout;
  exchange.most_body = kLargestTokenAnswer;
  return exchange;
}

tl::expected<std::string, ExchangeError> Authorizer::fetch(const Challenge& challenge,
                                                           const std::string& repository,
                                                           const Url& registry,
                                                           const CancelFlag& cancel) {
  auto exchange = token_request(challenge, repository, registry);
  if (!exchange) return tl::unexpected(ExchangeError{Trouble::kStopped, exchange.error()});
  const std::string doing = "get a token from " + exchange->url.shown();
  auto trust = load_trust(options_.certs_dirs, exchange->url,
                          same_origin(exchange->url, registry) ? registry.host_port() : "");
  if (!trust) return tl::unexpected(ExchangeError{Trouble::kStopped, trust.error()});
  exchange->trust = &*trust;
  auto answer = transport_.perform(*exchange, cancel);
  if (!answer) {
    answer.error().error.message.insert(0, doing + ": ");
    return tl::unexpected(std::move(answer.error()));
  }
  if (answer->status != 200) {
    ExchangeError problem{is_passing(answer->status) ? Trouble::kBroken : Trouble::kStopped,
                          error_of_answer(*answer, doing),
                          parse_retry_after(answer->header("retry-after"), ::time(nullptr))};
    // "Not found" would be said of the image.
    if (problem.error.code == Errc::kNotFound || answer->status == 400)
      problem.error.code = Errc::kDenied;
    return tl::unexpected(std::move(problem));
  }
  auto token = parse_token(answer->body);
  if (!token) return refuse(token.error().code, doing + ": " + token.error().message);
  const auto lasts = token->lasts > 2 * kEarly ? token->lasts - kEarly : token->lasts;
  std::string header = "Bearer " + token->text;
  grants_[repository] = {header, Clock::now() + lasts, challenge};
  return header;
}

}  // namespace drydock::images::registry
