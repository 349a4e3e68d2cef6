#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "logrouter/driver.h"
#include "taskdef/log_options.h"

// What the log drivers of Docker have in common: options, tags, extra attributes.
namespace drydock::logrouter {

using taskdef::LogAddress;
using taskdef::LogOptions;
using taskdef::option_or;

// The option `tag` filled in: {{.ID}}, {{.FullID}}, {{.Name}}, {{.ImageName}}, {{.ImageFullName}},
// {{.DaemonName}}. kInvalid: another field.
Result<std::string> log_tag(const LogSource& source);
// The container's id of 12 characters, as Docker shortens it.
std::string short_id(const LogSource& source);

// Labels and variables that the options `labels` and `env` name.
std::map<std::string, std::string> extra_attributes(const LogSource& source);

// This machine's name.
std::string host_name();

}  // namespace drydock::logrouter
