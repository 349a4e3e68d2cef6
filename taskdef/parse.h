#pragma once
#include <string_view>

#include "base/json.h"
#include "base/result.h"

// From the text of a task definition file to the request RegisterTaskDefinition would get.
namespace drydock::taskdef {

// Reads a file's text: bare JSON, a RegisterTaskDefinition request, or what DescribeTaskDefinition
// prints
// ({"taskDefinition": ..., "tags": ...}). A UTF-8 byte order mark is skipped. kInvalid when it is
// too large (limits::kTaskDefinitionFile), not JSON ("line L, column C: ..."), or not an object.
Result<Json> parse(std::string_view text);

// The same for a document already read: unwraps it and drops the members only responses have
// (taskDefinitionArn, revision, status, ...). Tags beside the wrapper become the request's tags.
Json to_request(const Json& document);

}  // namespace drydock::taskdef
