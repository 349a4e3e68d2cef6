#pragma once
#include <string>

#include "base/http/message.h"

// Answers in XML, for the services whose clients read that. Pure.
namespace drydock::api::xml {

// "<name>text</name>", with the text escaped and without control characters.
std::string element(const std::string& name, const std::string& text);
http::Response reply(int status, const std::string& body, const std::string& request_id);

}  // namespace drydock::api::xml
