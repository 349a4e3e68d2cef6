#include "api/upstream/target_call.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "base/base64.h"

namespace drydock::api {
namespace {

using http::AwsRequest;

// "arn:aws:sqs:us-east-1:123456789012:jobs.fifo"
struct Arn {
  std::string service, region, account, resource;
};

Result<Arn> arn_of(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  for (int i = 0; i < 5; ++i) {
    const auto colon = text.find(':', from);
    if (colon == text.npos) return fail(Errc::kInvalid, "\"" + text + "\" is not an ARN");
    parts.push_back(text.substr(from, colon - from));
    from = colon + 1;
  }
  return Arn{parts[2], parts[3], parts[4], text.substr(from)};
}

AwsRequest json_call(const char* target, const char* version, const Json& input) {
  AwsRequest request;
  request.method = "POST";
  request.headers = {{"content-type", std::string("application/x-amz-json-") + version},
                     {"x-amz-target", target}};
  request.body = dump_json(input);
  return request;
}

using Form = std::vector<std::pair<std::string, std::string>>;

AwsRequest form_call(Form form) {
  AwsRequest request;
  request.method = "POST";
  request.headers = {{"content-type", "application/x-www-form-urlencoded"}};
  request.body = http::canonical_query(std::move(form));
  return request;
}

// The queue's URL has the path that SQS and its emulators know; who is asked decides the host.
AwsRequest to_queue(const Arn& arn, const control::TargetCall& call) {
  Json input = {{"QueueUrl", "https://sqs." + arn.region + ".amazonaws.com/" + arn.account + "/" +
                                 arn.resource},
                {"MessageBody", call.input}};
  if (const Json* fifo = json_find(*call.target, "SqsParameters"))
    if (const auto group = json_string(*fifo, "MessageGroupId"); !group.empty())
      input["MessageGroupId"] = group;
  return json_call("AmazonSQS.SendMessage", "1.0", input);
}

AwsRequest to_topic(const std::string& arn, const control::TargetCall& call) {
  return form_call({{"Action", "Publish"},
                    {"Version", "2010-03-31"},
                    {"TopicArn", arn},
                    {"Message", call.input}});
}

AwsRequest to_function(const std::string& arn, const control::TargetCall& call) {
  AwsRequest request;
  request.method = "POST";
  request.path = "/2015-03-31/functions/" + http::uri_encoded(arn) + "/invocations";
  request.headers = {{"content-type", "application/json"}, {"x-amz-invocation-type", "Event"}};
  request.body = call.input;
  return request;
}

std::string after_slash(const std::string& resource) {
  return resource.substr(resource.find('/') + 1);
}

}  // namespace

Result<ServiceCall> target_call(const control::TargetCall& call) {
  const std::string text = json_string(*call.target, "Arn");
  DRYDOCK_LET(const Arn arn, arn_of(text));
  ServiceCall out{arn.service, arn.region.empty() ? call.region : arn.region, {}};
  if (arn.service == "sqs") {
    out.request = to_queue(arn, call);
  } else if (arn.service == "sns") {
    out.request = to_topic(text, call);
  } else if (arn.service == "lambda") {
    out.request = to_function(text, call);
  } else if (arn.service == "kinesis") {
    out.request = json_call("Kinesis_20131202.PutRecord", "1.1",
                            {{"StreamName", after_slash(arn.resource)},
                             {"PartitionKey", call.rule_arn},
                             {"Data", base64(call.input)}});
  } else if (arn.service == "firehose") {
    out.request = json_call("Firehose_20150804.PutRecord", "1.1",
                            {{"DeliveryStreamName", after_slash(arn.resource)},
                             {"Record", {{"Data", base64(call.input)}}}});
  } else if (arn.service == "states") {
    out.request = json_call("AWSStepFunctions.StartExecution", "1.0",
                            {{"stateMachineArn", text}, {"input", call.input}});
  } else {
    return fail(Errc::kUnsupported,
                "a target of " + arn.service +
                    " is sent nothing: ECS, SQS, SNS, Lambda, Kinesis, Firehose and Step Functions "
                    "are");
  }
  return out;
}

}  // namespace drydock::api
