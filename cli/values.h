#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/words.h"
#include "cli/options.h"

// The forms of flag values. Every error is kInvalid and shows the form that was expected.
namespace drydock::cli {

// "8080:80", "web:8080:80", "web:5353:53/udp".
Result<Publish> parse_publish(std::string_view text);
// "K=V", "web:K=V"; the value may be empty and hold anything.
Result<EnvironmentSetting> parse_environment(std::string_view text);
// "web=[\"sh\",\"-c\",\"date\"]" or "web=sh -c 'date; id'".
Result<CommandSetting> parse_command(std::string_view text);
// "FILE", "app.env=FILE", "bucket/app.env=FILE", "arn:aws:s3:::bucket/app.env=FILE".
Result<EnvFileSetting> parse_env_file_flag(std::string_view text);
// "web=nginx:1".
Result<std::pair<std::string, std::string>> parse_image(std::string_view text);

// "NAME=VALUE" of a template's parameter; the value may be empty and hold anything.
Result<std::pair<std::string, std::string>> parse_parameter(std::string_view text);
// "web=3": a service and its desired count.
Result<std::pair<std::string, int>> parse_scale(std::string_view text);

// "64MiB", "30GiB", "30" (GiB, as in task definitions), in MiB.
Result<std::int64_t> parse_storage(std::string_view text);
// "data=10": the size of an EBS volume, in GiB.
Result<std::pair<std::string, int>> parse_volume_size(std::string_view text);

// Where the daemon is: a unix socket's path, or the base URL of its TCP endpoint.
struct Host {
  std::string socket;
  std::string url;
  bool operator==(const Host&) const = default;
};
// "unix:///run/drydock/drydock.sock", "http://127.0.0.1:4590".
Result<Host> parse_host(std::string_view text);

}  // namespace drydock::cli
