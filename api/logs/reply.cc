#include "api/logs/reply.h"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "api/logs/logs_operation.h"
#include "api/perform.h"
#include "api/protocol.h"
#include "api/shapes.h"

namespace drydock::api::logs {
namespace {

using control::Answer;

constexpr std::string_view kTarget = "Logs_20140328.";

std::string_view target(const http::Request& request) {
  const std::string_view text = http::header(request.headers, "X-Amz-Target");
  return text.starts_with(kTarget) ? text.substr(kTarget.size()) : std::string_view();
}

Answer<Json> unknown_or_unbuilt(std::string_view name) {
  const std::string text(name.substr(0, 100));
  if (!is_modelled(name))
    return control::refuse("UnknownOperationException",
                           "There is no CloudWatch Logs operation '" + text + "'.");
  return control::refuse("UnsupportedFeatureException",
                         "Drydock's CloudWatch Logs does not have the operation " + text +
                             ". It has groups, streams, events, filters, retention and tags.");
}

Answer<Json> input_for(const LogsOperation& op, const http::Request& request) {
  DRYDOCK_LET(const Json body, input_of(request.body));
  DRYDOCK_LET(Json input, checked(op.operation.input, body));
  DRYDOCK_TRY(constrained(op, input));
  return input;
}

Answer<Json> answer_to(ApiContext& context, const http::Request& request) {
  const LogsOperation* op = find_operation(target(request));
  if (!op) return unknown_or_unbuilt(target(request));
  DRYDOCK_LET(const Json input, input_for(*op, request));
  const control::Caller caller = caller_of(request.headers, context.defaults);
  return op->read ? op->read(context, caller, input)
                  : perform(context, op->operation, caller, input);
}

}  // namespace

const LogsOperation* find_operation(std::string_view name) {
  static const std::map<std::string_view, LogsOperation> all = [] {
    std::map<std::string_view, LogsOperation> found;
    for (const auto& group :
         {group_operations(), tag_operations(), stream_operations(), event_operations()})
      for (const auto& one : group) found.emplace(one.operation.name, one);
    return found;
  }();
  const auto it = all.find(name);
  return it == all.end() ? nullptr : &it->second;
}

bool is_modelled(std::string_view name) {
  // What is not built; the rest is in the table.
  static constexpr std::array<std::string_view, 44> kUnbuilt = {"CancelExportTask",
                                                                "CreateDelivery",
                                                                "CreateExportTask",
                                                                "CreateLogAnomalyDetector",
                                                                "DeleteAccountPolicy",
                                                                "DeleteDataProtectionPolicy",
                                                                "DeleteDelivery",
                                                                "DeleteDestination",
                                                                "DeleteIndexPolicy",
                                                                "DeleteMetricFilter",
                                                                "DeleteQueryDefinition",
                                                                "DeleteResourcePolicy",
                                                                "DeleteSubscriptionFilter",
                                                                "DeleteTransformer",
                                                                "DescribeAccountPolicies",
                                                                "DescribeDeliveries",
                                                                "DescribeDestinations",
                                                                "DescribeExportTasks",
                                                                "DescribeFieldIndexes",
                                                                "DescribeIndexPolicies",
                                                                "DescribeMetricFilters",
                                                                "DescribeQueries",
                                                                "DescribeQueryDefinitions",
                                                                "DescribeResourcePolicies",
                                                                "DescribeSubscriptionFilters",
                                                                "GetDataProtectionPolicy",
                                                                "GetLogGroupFields",
                                                                "GetLogRecord",
                                                                "GetQueryResults",
                                                                "GetTransformer",
                                                                "ListAnomalies",
                                                                "ListLogGroups",
                                                                "PutAccountPolicy",
                                                                "PutDataProtectionPolicy",
                                                                "PutDestination",
                                                                "PutIndexPolicy",
                                                                "PutMetricFilter",
                                                                "PutQueryDefinition",
                                                                "PutResourcePolicy",
                                                                "PutSubscriptionFilter",
                                                                "ListLogGroupsForQuery",
                                                                "StartQuery",
                                                                "StopQuery",
                                                                "TestMetricFilter"};
  return std::find(kUnbuilt.begin(), kUnbuilt.end(), name) != kUnbuilt.end() ||
         find_operation(name) != nullptr;
}

bool is_logs(const http::Request& request) {
  return request.method == "POST" &&
         http::header(request.headers, "X-Amz-Target").starts_with(kTarget);
}

http::Response reply(ApiContext& context, const http::Request& request) {
  if (const LogsOperation* op = find_operation(target(request)); op && op->stream) {
    const auto input = input_for(*op, request);
    if (!input) return failure(input.error());
    return op->stream(context, caller_of(request.headers, context.defaults), *input);
  }
  const auto answer = answer_to(context, request);
  return answer ? success(*answer) : failure(answer.error());
}

}  // namespace drydock::api::logs
