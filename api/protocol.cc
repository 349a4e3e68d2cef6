#include "api/protocol.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/ids.h"

namespace drydock::api {
namespace {

constexpr std::string_view kService = "AmazonEC2ContainerServiceV20141113.";

bool all_digits(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](unsigned char c) { return std::isdigit(c); });
}

// What may stand in an ARN: a hostile header must not be able to make a strange one.
bool plain_region(std::string_view s) {
  return !s.empty() && s.size() <= 40 && std::all_of(s.begin(), s.end(), [](unsigned char c) {
    return std::islower(c) || std::isdigit(c) || c == '-';
  });
}

http::Response reply(int status, const Json& body) {
  http::Response r;
  r.status = status;
  r.headers = {{"Content-Type", "application/x-amz-json-1.1"}, {"x-amzn-RequestId", random_uuid()}};
  r.body = dump_json(body);
  return r;
}

}  // namespace

control::Caller caller_of(const http::Headers& headers, const control::Caller& defaults) {
  control::Caller caller = defaults;
  const std::string_view authorization = http::header(headers, "Authorization");
  static constexpr std::string_view kMark = "Credential=";
  const auto at = authorization.find(kMark);
  if (at == std::string_view::npos) return caller;
  std::string_view scope = authorization.substr(at + kMark.size());
  scope = scope.substr(0, scope.find_first_of(", "));
  // <access key>/<yyyymmdd>/<region>/<service>/aws4_request; the key itself holds no slash
  const auto first = scope.find('/');
  if (first == std::string_view::npos) return caller;
  const std::string_view key = scope.substr(0, first);
  const auto second = scope.find('/', first + 1);
  if (second == std::string_view::npos) return caller;
  const std::string_view region =
      scope.substr(second + 1, scope.find('/', second + 1) - second - 1);
  if (plain_region(region)) caller.region = region;
  caller.access_key = key.substr(0, 128);
  if (key.size() == 12 && all_digits(key)) caller.account = key;
  return caller;
}

std::string operation_of(const http::Headers& headers) {
  const std::string_view target = http::header(headers, "X-Amz-Target");
  if (target.substr(0, kService.size()) != kService) return {};
  return std::string(target.substr(kService.size()));
}

control::Answer<Json> input_of(const std::string& body) {
  if (body.find_first_not_of(" \t\r\n") == std::string::npos) return Json::object();
  auto parsed = parse_json(body);
  if (!parsed)
    return control::refuse("SerializationException",
                           "The request body is not JSON: " + parsed.error().message);
  if (!parsed->is_object())
    return control::refuse("SerializationException", "The request body must be a JSON object");
  return std::move(*parsed);
}

http::Response success(const Json& output) { return reply(200, output); }

http::Response failure(const control::ApiError& error) {
  Json body = {{"__type", error.code}};
  if (!error.message.empty()) body["message"] = error.message;
  if (!error.resource_ids.empty()) body["resourceIds"] = error.resource_ids;
  http::Response r = reply(error.status, body);
  r.headers.emplace_back("x-amzn-ErrorType", error.code);
  return r;
}

const std::vector<std::string_view>& modelled_operations() {
  static const std::vector<std::string_view> all{"ContinueServiceDeployment",
                                                 "CreateCapacityProvider",
                                                 "CreateCluster",
                                                 "CreateDaemon",
                                                 "CreateExpressGatewayService",
                                                 "CreateService",
                                                 "CreateTaskSet",
                                                 "DeleteAccountSetting",
                                                 "DeleteAttributes",
                                                 "DeleteCapacityProvider",
                                                 "DeleteCluster",
                                                 "DeleteDaemon",
                                                 "DeleteDaemonTaskDefinition",
                                                 "DeleteExpressGatewayService",
                                                 "DeleteService",
                                                 "DeleteTaskDefinitions",
                                                 "DeleteTaskSet",
                                                 "DeregisterContainerInstance",
                                                 "DeregisterTaskDefinition",
                                                 "DescribeCapacityProviders",
                                                 "DescribeClusters",
                                                 "DescribeContainerInstances",
                                                 "DescribeDaemon",
                                                 "DescribeDaemonDeployments",
                                                 "DescribeDaemonRevisions",
                                                 "DescribeDaemonTaskDefinition",
                                                 "DescribeExpressGatewayService",
                                                 "DescribeServiceDeployments",
                                                 "DescribeServiceRevisions",
                                                 "DescribeServices",
                                                 "DescribeTaskDefinition",
                                                 "DescribeTaskSets",
                                                 "DescribeTasks",
                                                 "DiscoverPollEndpoint",
                                                 "ExecuteCommand",
                                                 "GetTaskProtection",
                                                 "ListAccountSettings",
                                                 "ListAttributes",
                                                 "ListClusters",
                                                 "ListContainerInstances",
                                                 "ListDaemonDeployments",
                                                 "ListDaemonTaskDefinitions",
                                                 "ListDaemons",
                                                 "ListServiceDeployments",
                                                 "ListServices",
                                                 "ListServicesByNamespace",
                                                 "ListTagsForResource",
                                                 "ListTaskDefinitionFamilies",
                                                 "ListTaskDefinitions",
                                                 "ListTasks",
                                                 "PutAccountSetting",
                                                 "PutAccountSettingDefault",
                                                 "PutAttributes",
                                                 "PutClusterCapacityProviders",
                                                 "RegisterContainerInstance",
                                                 "RegisterDaemonTaskDefinition",
                                                 "RegisterTaskDefinition",
                                                 "RunTask",
                                                 "StartTask",
                                                 "StopServiceDeployment",
                                                 "StopTask",
                                                 "SubmitAttachmentStateChanges",
                                                 "SubmitContainerStateChange",
                                                 "SubmitTaskStateChange",
                                                 "TagResource",
                                                 "UntagResource",
                                                 "UpdateCapacityProvider",
                                                 "UpdateCluster",
                                                 "UpdateClusterSettings",
                                                 "UpdateContainerAgent",
                                                 "UpdateContainerInstancesState",
                                                 "UpdateDaemon",
                                                 "UpdateExpressGatewayService",
                                                 "UpdateService",
                                                 "UpdateServicePrimaryTaskSet",
                                                 "UpdateTaskProtection",
                                                 "UpdateTaskSet"};
  return all;
}

}  // namespace drydock::api
