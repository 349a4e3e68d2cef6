#include "images/registry/retry.h"

#include <poll.h>

#include <algorithm>
#include <random>

namespace drydock::images::registry {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongestWait{30'000};
constexpr milliseconds kSlice{250};           // how soon a cancel flag is seen
constexpr std::uint64_t kProgress = 1 << 20;  // so much counts as moving on

milliseconds jittered(milliseconds wait) {
  thread_local std::minstd_rand random{std::random_device{}()};
  const auto half = std::max<long long>(wait.count() / 2, 1);
  return milliseconds(std::uniform_int_distribution<long long>(half, 2 * half)(random));
}

bool wait_for(milliseconds wait, const CancelFlag& cancel) {
  const auto until = std::chrono::steady_clock::now() + wait;
  for (;;) {
    if (cancel.is_set()) return false;
    const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
    if (left <= milliseconds(0)) return true;
    ::poll(nullptr, 0, static_cast<int>(std::min(left, kSlice).count()));
  }
}

struct Outcome {
  Error error;
  bool worth_it = false;
  std::optional<std::chrono::seconds> retry_after;
};

Outcome judge(tl::expected<Answer, ExchangeError> answer, const Session& session,
              const std::string& doing) {
  if (answer)
    return {error_of_answer(*answer, doing), true,
            parse_retry_after(answer->header("retry-after"), ::time(nullptr))};
  ExchangeError& problem = answer.error();
  // Who was never reached is most often misspelt or away: say so now.
  const bool worth_it = problem.trouble == Trouble::kBroken ||
                        (session.reached() && (problem.trouble == Trouble::kUnreachable ||
                                               problem.trouble == Trouble::kNoTls));
  if (problem.trouble == Trouble::kUntrusted)
    problem.error.message +=
        "; if the registry is yours, put its CA into certs.d/<host[:port]>/ca.crt";
  return {std::move(problem.error).in(doing), worth_it, problem.retry_after};
}

}  // namespace

Result<Answer> persist(const Options& options, const Session& session, const std::string& doing,
                       const Attempt& attempt, const std::function<std::uint64_t()>& progress,
                       const CancelFlag& cancel) {
  int tried = 0;
  std::uint64_t had = 0;
  for (;;) {
    if (cancel.is_set()) return fail(Errc::kCancelled, doing + ": cancelled");
    auto answer = attempt();
    if (answer && !is_passing(answer->status)) return std::move(*answer);
    Outcome outcome = judge(std::move(answer), session, doing);
    if (progress && progress() >= had + kProgress) {
      had = progress();
      tried = 0;
    }
    if (!outcome.worth_it || ++tried >= options.attempts)
      return tl::unexpected(std::move(outcome.error));
    milliseconds wait = jittered(options.first_backoff * (1 << std::min(tried - 1, 10)));
    if (outcome.retry_after) wait = std::max<milliseconds>(wait, *outcome.retry_after);
    if (wait > kLongestWait && outcome.retry_after) return tl::unexpected(std::move(outcome.error));
    wait_for(std::min(wait, kLongestWait), cancel);
  }
}

}  // namespace drydock::images::registry
