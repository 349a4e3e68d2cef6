#include "daemon/upstream.h"

#include "api/upstream/target_call.h"
#include "daemon/profile_signer.h"

namespace drydock::daemon {

std::shared_ptr<const api::Upstream> configured_upstream(const Config& config,
                                                         const std::string& instance) {
  if (config.upstream_endpoint.empty() && config.upstream_services.empty()) return nullptr;
  const std::string& named = config.upstream_profile;
  auto signer = std::make_shared<ProfileSigner>(config, named.empty() ? "default" : named,
                                                "upstream.profile", true);
  api::UpstreamOptions options;
  options.endpoint = config.upstream_endpoint;
  options.services = config.upstream_services;
  options.keys = [signer] { return signer->keys(); };
  options.sign_all = !named.empty();
  options.tasks = config.upstream_tasks;
  options.silence = std::chrono::duration_cast<std::chrono::seconds>(config.upstream_timeout);
  options.region = config.region;
  options.instance = instance;
  return std::make_shared<api::Upstream>(std::move(options));
}

namespace {

// What went wrong; empty: nothing.
std::string deliver(const api::Upstream& upstream, const control::TargetCall& call,
                    std::function<bool()> ended) {
  auto made = api::target_call(call);
  if (!made) return made.error().message;
  http::AwsPatience patience;
  patience.cancelled = std::move(ended);
  const auto answer =
      upstream.send(made->service, made->region, std::move(made->request), patience);
  if (!answer) return answer.error().message;
  constexpr std::size_t kTold = 300;
  return answer->status / 100 == 2 ? ""
                                   : made->service + " answered " + std::to_string(answer->status) +
                                         ": " + answer->body.substr(0, kTold);
}

}  // namespace

control::Rules::Sender target_sender(std::shared_ptr<const api::Upstream> upstream,
                                     WorkerPool& pool, Loop& loop, std::function<bool()> ended) {
  return [upstream = std::move(upstream), &pool, &loop, ended = std::move(ended)](
             control::TargetCall call, std::function<void(std::string)> done) {
    pool.post([upstream, &loop, ended, call = std::move(call), done = std::move(done)] {
      loop.post([done, problem = deliver(*upstream, call, ended)] { done(problem); });
    });
  };
}

}  // namespace drydock::daemon
