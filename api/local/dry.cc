#include <nlohmann/json.hpp>

#include "api/local/routes.h"
#include "api/protocol.h"
#include "runtime/dry/dry_executor.h"

namespace drydock::api::local {
namespace {

constexpr std::string_view kTasks = "tasks/";
constexpr int kHighestCode = 255;
constexpr std::size_t kMostImages = 1000;

http::Response outcome(const Status& done) {
  return done ? ok(Json::object()) : problem(done.error());
}

http::Response end_container(const Context& context, const std::string& id, const Json& input) {
  const auto code = json_int(input, "exitCode");
  if (code < 0 || code > kHighestCode)
    return problem(400, "InvalidParameterException",
                   "exitCode is " + std::to_string(code) + "; it must be 0 to 255.");
  runtime::DryExecutor::Exit exit{static_cast<int>(code), json_bool(input, "outOfMemory"),
                                  json_string(input, "reason")};
  return outcome(context->loop->call(
      [&] { return context->dry->end_container(id, json_string(input, "container"), exit); }));
}

http::Response set_health(const Context& context, const std::string& id, const Json& input) {
  const std::string status = json_string(input, "status");
  if (status != "HEALTHY" && status != "UNHEALTHY")
    return problem(400, "InvalidParameterException",
                   "status is \"" + status.substr(0, 100) + "\"; it must be HEALTHY or UNHEALTHY.");
  return outcome(context->loop->call([&] {
    return context->dry->set_health(id, json_string(input, "container"), status == "HEALTHY",
                                    json_string(input, "output"));
  }));
}

http::Response fail_pulls(const Context& context, const Json& input) {
  const std::string image = json_string(input, "image");
  if (image.empty()) return problem(400, "InvalidParameterException", "image must name an image.");
  return context->loop->call([&] {
    if (context->dry->failing_images().size() >= kMostImages)
      return problem(429, "TooManyRequests", "1000 images fail already.");
    context->dry->fail_pulls(image, json_string(input, "error"));
    return ok(Json::object());
  });
}

http::Response failing_images(const Context& context) {
  Json images = Json::array();
  context->loop->call([&] {
    for (const auto& [image, error] : context->dry->failing_images())
      images.push_back({{"image", image}, {"error", error}});
    return true;
  });
  return ok({{"images", std::move(images)}});
}

}  // namespace

http::Response absent_when_dry(const std::string& what) {
  return problem(400, "UnsupportedFeatureException",
                 "This daemon is in dry mode, in which no container runs: it has no " + what +
                     ". Start one without --dry for that.");
}

http::Response dry(const Context& context, const http::Request& request, std::string_view path) {
  if (!context->dry)
    return problem(400, "UnsupportedFeatureException",
                   "This daemon runs containers: only one that was started with --dry can be told "
                   "what becomes of them.");
  if (request.method == "GET" && path == "images") return failing_images(context);
  const auto input = input_of(request.body);
  if (!input) return problem(input.error());
  if (request.method == "POST" && path == "images") return fail_pulls(context, *input);
  if (request.method == "POST" && path.starts_with(kTasks)) {
    path.remove_prefix(kTasks.size());
    const auto slash = std::min(path.find('/'), path.size());
    const std::string id(path.substr(0, slash));
    if (path.substr(slash) == "/stop") return end_container(context, id, *input);
    if (path.substr(slash) == "/health") return set_health(context, id, *input);
  }
  return problem(404, "NotFound",
                 "A dry daemon has the routes POST tasks/<id>/stop, POST tasks/<id>/health, POST "
                 "images and GET images below /_drydock/dry/.");
}

}  // namespace drydock::api::local
