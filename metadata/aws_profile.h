#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// The files of the AWS command line: config and credentials. Pure.
namespace drydock::metadata {

using Settings = std::map<std::string, std::string>;

struct AwsFiles {
  std::map<std::string, Settings> profiles;
  std::map<std::string, Settings> sso_sessions;
};

// Profiles of both files, those of `credentials` winning; lines that make no sense are left out.
AwsFiles parse_aws_files(std::string_view config, std::string_view credentials);

// A command line as credential_process has it: words, single and double quotes, backslashes.
// kInvalid when a quote is not closed or there is no word.
Result<std::vector<std::string>> split_command(std::string_view text);

}  // namespace drydock::metadata
