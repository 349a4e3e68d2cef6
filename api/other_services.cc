#include "api/other_services.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "api/protocol.h"
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

std::string signed_service(const http::Headers& headers) {
  constexpr std::string_view kCredential = "Credential=";
  const std::string_view text = http::header(headers, "Authorization");
  const auto at = text.find(kCredential);
  if (at == text.npos) return {};
  std::string_view rest = text.substr(at + kCredential.size());
  rest = rest.substr(0, rest.find(','));
  for (int part = 0; part < 3; ++part) {  // key, date, region
    const auto slash = rest.find('/');
    if (slash == rest.npos) return {};
    rest.remove_prefix(slash + 1);
  }
  const std::string service(rest.substr(0, rest.find('/')));
  const bool named = !service.empty() && service.size() <= 40 &&
                     std::all_of(service.begin(), service.end(), [](unsigned char c) {
                       return std::isalnum(c) != 0 || c == '-' || c == '_';
                     });
  return named ? service : std::string();
}

std::optional<http::Response> other_service(const http::Request& request) {
  const std::string service = signed_service(request.headers);
  if (service.empty() || service == "ecs" || service == "sts" ||
      !operation_of(request.headers).empty())
    return std::nullopt;
  std::string variable = "AWS_ENDPOINT_URL_";
  for (const unsigned char c : service)
    variable += c == '-' ? '_' : static_cast<char>(std::toupper(c));
  const std::string message =
      "This endpoint is Drydock's: it serves ECS, CloudWatch Logs, EFS, EventBridge, Secrets "
      "Manager, "
      "Parameter Store and a small STS, "
      "not " +
      service + ". Point " + variable +
      " to where that is, and AWS_ENDPOINT_URL_ECS to here in place of "
      "AWS_ENDPOINT_URL.";
  if (!reads_xml(request, service)) return failure({"UnknownOperationException", message, 400, {}});
  const std::string id = random_uuid();
  std::string error =
      xml::element("Code", "UnknownOperationException") + xml::element("Message", message);
  error = service == "s3" ? "<Error>" + error + xml::element("RequestId", id) + "</Error>"
                          : "<ErrorResponse><Error><Type>Sender</Type>" + error + "</Error>" +
                                xml::element("RequestId", id) + "</ErrorResponse>";
  return xml::reply(400, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + error + "\n", id);
}

}  // namespace drydock::api
