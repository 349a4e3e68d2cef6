#pragma once
#include <string>

#include "base/http/sigv4.h"
#include "base/result.h"
#include "control/events/rules/rules.h"

namespace drydock::api {

// A call of a service that EventBridge would make for a rule's target.
struct ServiceCall {
  std::string service, region;  // of the target's ARN
  http::AwsRequest request;     // not signed yet
};

// What a target outside of ECS is sent: SendMessage to a queue of SQS, Publish to a topic of SNS,
// an asynchronous Invoke of a Lambda function, PutRecord to Kinesis and Firehose, StartExecution of
// Step Functions. Pure. kUnsupported names another kind of target.
Result<ServiceCall> target_call(const control::TargetCall& call);

}  // namespace drydock::api
