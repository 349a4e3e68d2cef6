#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

// What the conversion of Compose files takes, beside them.
namespace drydock::taskdef::compose {

struct SourceFile {
  std::string name;  // for messages
  std::string text;
};

struct Options {
  std::string family;  // the project's name; empty: the file's own `name`, else that of `folder`
  std::string folder;  // absolute: where the first file is; relative paths begin there
  std::string home;    // for paths that begin with ~
  std::optional<SourceFile> ecs_params;
  std::optional<SourceFile> registry_credentials;  // what `registry-creds up` wrote
  std::string launch_type;                         // "FARGATE", "EC2" or empty
  // A variable of the caller's environment or of .env, for ${NAME} and variables without a value.
  std::function<std::optional<std::string>(const std::string& name)> variable;
  // The text of a file of env_file and extends, by its absolute path.
  std::function<Result<std::string>(const std::string& path)> read_file;
};

// A port that the files want published at a fixed port of this machine although the task
// definition cannot say so (network mode awsvpc).
struct PublishedPort {
  std::string container;
  std::string address;  // empty: any
  int host_port = 0;
  int container_port = 0;
  std::string protocol = "tcp";
  bool operator==(const PublishedPort&) const = default;
};

// True when the text can only be a Compose file: a map with `services`, or whose members are
// version 1 services (maps with `image` or `build`). JSON task definitions are none.
bool looks_like_compose(std::string_view text);

// The variables of a .env file's or env_file's text, in order. kInvalid names the line.
Result<std::vector<std::pair<std::string, std::string>>> parse_env_text(
    std::string_view text,
    const std::function<std::optional<std::string>(const std::string&)>& variable);

// A folder's name as a project's: lower-case letters, digits, - and _.
std::string project_name(const std::string& folder);

}  // namespace drydock::taskdef::compose
