#pragma once
#include "base/json.h"
#include "taskdef/model.h"

namespace drydock::taskdef {

// The values of a normalised document. Members of the wrong type read as absent, so it never fails.
// `revision` is set when the document has one.
TaskDefinition read_model(const Json& document);

}  // namespace drydock::taskdef
