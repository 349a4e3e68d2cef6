#pragma once
#include <string>

#include "base/http/message.h"
#include "base/json.h"

// The shapes of replies that every metadata route shares (metadata.md 4.1).
namespace drydock::metadata {

http::Response json_answer(int status, const Json& value);
// A bare JSON string: how metadata and stats report errors.
http::Response text_error(int status, const std::string& text);
// An unknown path.
http::Response not_found();

}  // namespace drydock::metadata
