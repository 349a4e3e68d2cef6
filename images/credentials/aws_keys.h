#pragma once
#include <string_view>

#include "base/http/sigv4.h"

namespace drydock::images::credentials {

// The static keys of a profile in ~/.aws/credentials; empty ones when it has none. Pure.
http::AwsKeys parse_aws_credentials(std::string_view text, std::string_view profile);

}  // namespace drydock::images::credentials
