#pragma once
#include <functional>
#include <string>

#include "base/http/sigv4.h"
#include "logrouter/drivers.h"

// The journals of containers with the driver awslogs, sent on to CloudWatch Logs or to what speaks
// its API.
namespace drydock::logrouter {

struct ForwardOptions {
  std::string endpoint;  // a URL; empty: AWS's in the log's region
  // Groups are made without awslogs-create-group, too.
  bool create_groups = false;
  // What signs. Any thread; may block.
  std::function<Result<http::AwsKeys>()> keys;
};
// The driver "awslogs" with such a destination.
Driver forwarding_driver(ForwardOptions options);

// What PutLogEvents says of the events that it did not take: how many, and why; 0 when none. Pure.
std::size_t rejected_events(std::string_view answer, std::size_t events, std::string& why);

}  // namespace drydock::logrouter
