#pragma once
#include <string_view>
#include <vector>

#include "api/context.h"
#include "api/operation.h"

namespace drydock::api::logs {

// One operation of the CloudWatch Logs API: a row in the table of its group's file.
struct LogsOperation {
  std::string_view required;  // members that must be there: "logGroupName logStreamName"
  Operation operation;        // `run` may be null when `read` is set
  // On the door's worker: reads or writes journals.
  control::Answer<Json> (*read)(ApiContext&, const control::Caller&, const Json& input) = nullptr;
  int most = 0;  // the largest `limit`; 0: it has none
  // On the door's worker: a streamed answer.
  http::Response (*stream)(ApiContext&, const control::Caller&, const Json& input) = nullptr;
};

std::vector<LogsOperation> group_operations();
std::vector<LogsOperation> tag_operations();
std::vector<LogsOperation> stream_operations();
std::vector<LogsOperation> event_operations();

// nullptr when it is not built.
const LogsOperation* find_operation(std::string_view name);
// Whether AWS has an operation of that name.
bool is_modelled(std::string_view name);

// The constraints of the service's model, in its words: names, lengths, limits, what must be there.
control::Answer<bool> constrained(const LogsOperation& operation, const Json& input);

}  // namespace drydock::api::logs
