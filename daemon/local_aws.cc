#include "daemon/local_aws.h"

#include <algorithm>

#include "api/other_services.h"
#include "api/protocol.h"
#include "base/aws_host.h"
#include "base/files.h"

namespace drydock::daemon {
namespace {

constexpr std::string_view kLogs = "Logs_20140328.";
constexpr std::string_view kRouterCalls[] = {
    "CreateLogGroup", "CreateLogStream",    "DescribeLogGroups",   "DescribeLogStreams",
    "PutLogEvents",   "PutRetentionPolicy", "ListTagsForResource", "ListTagsLogGroup",
    "TagLogGroup",    "TagResource"};

http::Response refused(const std::string& why) {
  return api::failure({"AccessDeniedException", why, 403, {}});
}

std::string host_of(const http::Request& request) {
  const std::string_view host = http::header(request.headers, "Host");
  return std::string(host.substr(0, host.find(':')));
}

}  // namespace

Result<std::shared_ptr<http::Authority>> LocalAws::open() {
  const std::lock_guard lock(mutex_);
  if (authority_) return authority_;
  DRYDOCK_TRY(make_dirs(file_.substr(0, file_.rfind('/')), 0700));
  std::vector<std::string> domains(std::begin(kAwsDomains), std::end(kAwsDomains));
  DRYDOCK_LET(auto made, http::Authority::open(file_, domains));
  authority_ = std::move(made);
  return authority_;
}

Result<std::string> LocalAws::authority() {
  DRYDOCK_LET(const auto known, open());
  return known->certificate();
}

Result<http::Surface> LocalAws::surface(http::Handler api) {
  http::Surface surface;
  DRYDOCK_LET(auto known, open());
  DRYDOCK_LET(surface.tls, http::TlsServer::make(std::move(known), [](const std::string& host) {
                return aws_host(host).has_value();
              }));
  surface.handler = local_aws_handler(std::move(api));
  surface.limits.connections = 128;
  return surface;
}

http::Handler local_aws_handler(http::Handler api) {
  return [api = std::move(api)](const http::Request& request) -> http::Response {
    const std::string host = host_of(request);
    const auto aws = aws_host(host);
    if (!aws) return refused("Host '" + host.substr(0, 200) + "' is none of AWS.");
    const std::string_view target = http::header(request.headers, "X-Amz-Target");
    if (aws->service == "logs" && target.starts_with(kLogs)) {
      const std::string_view call = target.substr(kLogs.size());
      if (std::find(std::begin(kRouterCalls), std::end(kRouterCalls), call) ==
          std::end(kRouterCalls))
        return refused("A task with --firelens-local may write logs here, and not call " +
                       std::string(call.substr(0, 100)) + ".");
      http::Request trusted = request;
      trusted.remote_uid = 0;
      trusted.remote_address.clear();  // its Host is AWS's name, as it should be here
      return api(trusted);
    }
    if (auto other = api::other_service(request)) return *other;
    return refused(aws->service +
                   " is not emulated here, and this task runs with --firelens-local.");
  };
}

}  // namespace drydock::daemon
