#include <nlohmann/json.hpp>

#include "api/local/routes.h"
#include "api/local/transfers.h"
#include "api/protocol.h"
#include "api/shapes.h"
#include "images/credentials/owner.h"
#include "images/provider.h"

namespace drydock::api::local {
namespace {

constexpr std::string_view kShape =
    "reference*: str, platform: str, pull: str, credentials: {str:str}, user: {str:str}";

constexpr std::size_t kProgressPause = 64u << 10;  // a client that reads slowly sees fewer lines

std::string_view step_name(images::LayerStep step) {
  switch (step) {
    case images::LayerStep::kWaiting:
      return "waiting";
    case images::LayerStep::kHere:
      return "here";
    case images::LayerStep::kDownloading:
      return "downloading";
    case images::LayerStep::kUnpacking:
      return "unpacking";
    case images::LayerStep::kDone:
      break;
  }
  return "done";
}

std::string_view error_name(Errc code) {
  switch (code) {
    case Errc::kNotFound:
      return "NotFound";
    case Errc::kBusy:
    case Errc::kExists:
      return "Conflict";
    case Errc::kInvalid:
      return "Invalid";
    case Errc::kUnsupported:
      return "Unsupported";
    case Errc::kDenied:
      return "Denied";
    case Errc::kLimited:
      return "TooManyRequests";
    case Errc::kTimeout:
      return "Timeout";
    case Errc::kCancelled:
      return "Cancelled";
    case Errc::kSystem:
      break;
  }
  return "InternalError";
}

Result<images::Platform> platform_of(const std::string& text) {
  images::Platform p;
  const auto first = text.find('/');
  if (first == std::string::npos) {
    p.os = "linux";
    p.architecture = text;
  } else {
    const auto second = text.find('/', first + 1);
    p.os = text.substr(0, first);
    p.architecture = text.substr(first + 1, second - first - 1);
    if (second != std::string::npos) p.variant = text.substr(second + 1);
  }
  // What people and ECS write, in the names images use.
  if (p.architecture == "x86_64" || p.architecture == "X86_64") p.architecture = "amd64";
  if (p.architecture == "aarch64" || p.architecture == "ARM64") p.architecture = "arm64";
  if (p.os.empty() || p.architecture.empty())
    return fail(Errc::kInvalid, "platform is \"" + text.substr(0, 100) +
                                    "\"; it must be like linux/amd64 or linux/arm64");
  return p;
}

Result<images::ImageRequest> request_of(const http::Request& request, const Json& input) {
  images::ImageRequest r;
  r.reference = json_string(input, "reference");
  const std::string policy = json_string(input, "pull", "always");
  r.policy = images::pull_policy(policy);
  if (!r.policy)
    return fail(Errc::kInvalid, "pull should be one of [always,missing,never], and was '" +
                                    policy.substr(0, 100) + "'.");
  if (const auto platform = json_string(input, "platform"); !platform.empty()) {
    DRYDOCK_LET(r.platform, platform_of(platform));
  }
  if (const Json* login = json_find(input, "credentials")) {
    r.login.emplace();
    r.login->username = json_string(*login, "username");
    r.login->password = json_string(*login, "password");
    r.login->identity_token = json_string(*login, "identityToken");
  }
  // Decision 12: the logins of the user at the other end of the socket.
  if (request.remote_uid) {
    std::map<std::string, std::string> told;
    if (const Json* user = json_find(input, "user"); user && user->is_object())
      for (const auto& [key, value] : user->items())
        if (value.is_string()) told[key] = value.get<std::string>();
    told["uid"] = std::to_string(*request.remote_uid);
    r.owner = images::credentials::owner_from(told);
  }
  return r;
}

std::string progress_line(const std::vector<images::LayerProgress>& layers) {
  Json list = Json::array();
  for (const auto& layer : layers)
    list.push_back({{"digest", layer.digest},
                    {"step", std::string(step_name(layer.step))},
                    {"bytes", layer.bytes},
                    {"total", layer.total}});
  return dump_json({{"layers", std::move(list)}}) + "\n";
}

std::string last_line(const std::string& reference, const Result<images::ImagePtr>& image) {
  if (!image)
    return dump_json({{"error",
                       {{"__type", std::string(error_name(image.error().code))},
                        {"message", image.error().message}}}}) +
           "\n";
  std::string name = reference;
  constexpr std::string_view kEngine = "docker-daemon:";
  if (name.starts_with(kEngine)) name.erase(0, kEngine.size());
  if (const auto parsed = images::parse_reference(name)) name = parsed->text();
  return dump_json({{"image",
                     {{"name", name},
                      {"digest", (*image)->manifest_digest},
                      {"id", (*image)->image_id},
                      {"platform", (*image)->platform.text()},
                      {"size", (*image)->size}}}}) +
         "\n";
}

}  // namespace

http::Response pull_image(const Context& context, const http::Request& request) {
  if (!context->provider)
    return problem(400, "UnsupportedFeatureException", "This daemon cannot pull images.");
  auto input = input_of(request.body);
  if (input) input = checked(kShape, *input);
  if (!input) return problem(input.error());
  auto wanted = request_of(request, *input);
  if (!wanted) return problem(wanted.error());
  http::Response r;
  r.headers = {{"Content-Type", "application/x-ndjson"}};
  r.stream = [context,
              wanted = std::move(*wanted)](const std::shared_ptr<http::StreamWriter>& writer) {
    const auto started = context->transfers->start(
        writer, [context, wanted](http::StreamWriter& out, const images::CancelFlag& cancel) {
          images::ImageRequest ask = wanted;
          ask.progress = [&out](const std::vector<images::LayerProgress>& layers) {
            if (out.pending() < kProgressPause) out.write(progress_line(layers));
          };
          out.write(last_line(ask.reference, context->provider->get(ask, cancel)));
          out.close();
        });
    if (started) return;
    writer->write(last_line("", fail(Errc::kBusy,
                                     "too many images are being moved at once; try "
                                     "again when some have ended")));
    writer->close();
  };
  return r;
}

}  // namespace drydock::api::local
