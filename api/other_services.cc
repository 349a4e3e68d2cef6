#include "api/other_services.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "api/protocol.h"
#include "api/upstream/asked.h"
#include "api/xml.h"
#include "base/ids.h"

namespace drydock::api {
namespace {

constexpr std::array<std::string_view, 4> kXml = {"s3", "s3express", "route53", "cloudfront"};

bool reads_xml(const http::Request& request, const std::string& service) {
  if (std::find(kXml.begin(), kXml.end(), service) != kXml.end()) return true;
  return http::header(request.headers, "Content-Type")
      .starts_with("application/x-www-form-urlencoded");
}

}  // namespace

http::Response service_error(const http::Request& request, const std::string& service,
                             const control::ApiError& error) {
  if (!reads_xml(request, service)) return failure(error);
  const std::string id = random_uuid();
  std::string text = xml::element("Code", error.code) + xml::element("Message", error.message);
  text = service == "s3"
             ? "<Error>" + text + xml::element("RequestId", id) + "</Error>"
             : "<ErrorResponse><Error><Type>" +
                   std::string(error.status < 500 ? "Sender" : "Receiver") + "</Type>" + text +
                   "</Error>" + xml::element("RequestId", id) + "</ErrorResponse>";
  return xml::reply(error.status, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + text + "\n", id);
}

std::optional<http::Response> other_service(const http::Request& request) {
  const std::string service = signed_for(request).service;
  if (service.empty() || is_here(service) || !operation_of(request.headers).empty())
    return std::nullopt;
  std::string variable = "AWS_ENDPOINT_URL_";
  for (const unsigned char c : service)
    variable += c == '-' ? '_' : static_cast<char>(std::toupper(c));
  return service_error(
      request, service,
      {"UnknownOperationException",
       "This endpoint is Drydock's: it serves ECS, CloudWatch Logs, EFS, EventBridge, Secrets "
       "Manager, "
       "Parameter Store and a small STS, not " +
           service + ". Point " + variable +
           " to where that is, and AWS_ENDPOINT_URL_ECS to here in place of AWS_ENDPOINT_URL; or "
           "set upstream.endpoint in the daemon's configuration to another emulator (or aws), and "
           "such calls go on to there.",
       400,
       {}});
}

}  // namespace drydock::api
