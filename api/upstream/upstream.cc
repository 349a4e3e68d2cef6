#include "api/upstream/upstream.h"

#include "api/protocol.h"
#include "api/upstream/passed_on.h"

namespace drydock::api {
namespace {

constexpr std::string_view kAws = "aws";
constexpr std::string_view kNone = "none";

}  // namespace

std::string Upstream::place_of(const std::string& service, std::string& setting) const {
  const auto own = options_.services.find(service);
  if (own == options_.services.end()) {
    setting = "upstream.endpoint";
    return options_.endpoint;
  }
  setting = "upstream.services." + service;
  return own->second == kNone ? std::string() : own->second;
}

std::optional<Upstream::Target> Upstream::target(const std::string& service,
                                                 const std::string& region) const {
  Target target;
  const std::string place = place_of(service, target.setting);
  const bool aws = place == kAws;
  if (place.empty() || (aws && service.empty())) return std::nullopt;
  target.url = aws ? aws_address(service, region.empty() ? options_.region : region) : place;
  target.sign = !service.empty() && (aws || options_.sign_all);
  return target;
}

std::optional<Upstream::Target> Upstream::takes(const http::Request& head) const {
  if (!head.target.starts_with('/')) return std::nullopt;
  const Asked asked = asked_of(head);
  if (is_here(asked.service) || !operation_of(head.headers).empty()) return std::nullopt;
  const bool signs = !signed_for(head).service.empty();
  if (!signs && head.path == "/") return std::nullopt;
  return target(asked.service, asked.region);
}

bool Upstream::came_from_us(const http::Request& request) const {
  const std::string via = "," + std::string(http::header(request.headers, kVia)) + ",";
  return via.find("," + options_.instance + ",") != std::string::npos;
}

Result<http::ClientResponse> Upstream::send(const std::string& service, const std::string& region,
                                            http::AwsRequest request,
                                            const http::AwsPatience& patience) const {
  const auto where = target(service, region);
  if (!where)
    return fail(Errc::kNotFound, "there is no upstream for " + service +
                                     ": set upstream.endpoint, or upstream.services." + service);
  http::AwsKeys keys{"drydock", "drydock", ""};  // another emulator takes any
  if (where->sign) {
    DRYDOCK_LET(keys, options_.keys());
  }
  if (!where->sign) request.headers["x-drydock-via"] = options_.instance;
  return http::aws_fetch({service, region.empty() ? options_.region : region, where->url}, keys,
                         std::move(request), patience);
}

}  // namespace drydock::api
