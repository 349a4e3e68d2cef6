#include <nlohmann/json.hpp>

#include "api/local/routes.h"

// Rules of EventBridge: what they came to, running one now, and the clock of their schedules.
namespace drydock::api::local {
namespace {

http::Response reply_of(const control::Answer<Json>& answer) {
  return answer ? ok(*answer) : problem(answer.error());
}

}  // namespace

http::Response clock(const Context& context, const http::Request& request) {
  const auto body = parse_json(request.body);
  const Json* by = body && body->is_object() ? json_find(*body, "advance") : nullptr;
  if (!by)
    return problem(400, "InvalidParameterException",
                   "The body must be {\"advance\": \"90s\"}: by how much.");
  const auto duration = parse_duration(by->is_string() ? by->get<std::string>() : dump_json(*by));
  if (!duration) return problem(duration.error());
  return reply_of(context->loop->call([&] { return context->control->rules.advance(*duration); }));
}

http::Response rules(const Context& context, const http::Request& request, std::string_view rest) {
  constexpr std::string_view kRun = "/run";
  auto& rules = context->control->rules;
  if (request.method == "GET" && rest.empty())
    return ok({{"rules", context->loop->call([&] { return rules.local(); })}});
  if (request.method == "POST" && rest.starts_with('/') && rest.ends_with(kRun) &&
      rest.size() > kRun.size() + 1) {
    const std::string name = http::percent_decode(rest.substr(1, rest.size() - kRun.size() - 1));
    return reply_of(context->loop->call([&] { return rules.run_now(context->defaults, name); }));
  }
  return problem(404, "NotFound",
                 "There is GET rules and POST rules/<name>/run, and no " +
                     request.method.substr(0, 20) + " " + request.path.substr(0, 200) + ".");
}

}  // namespace drydock::api::local
