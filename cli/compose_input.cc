#include <nlohmann/json.hpp>

#include "cli/compose_input.h"

#include <cstdlib>
#include <filesystem>

#include "base/files.h"
#include "base/limits.h"
#include "cli/documents.h"
#include "taskdef/compose/compose.h"

namespace drydock::cli {
namespace {

namespace compose = taskdef::compose;

constexpr const char* kParams = "ecs-params.yml";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string folder_of(const std::string& file) {
  std::error_code ec;
  const auto path = std::filesystem::absolute(file == "-" ? "." : file, ec).lexically_normal();
  std::string folder = file == "-" ? path.string() : path.parent_path().string();
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  return folder;
}

using Values = std::map<std::string, std::string>;

Result<Values> dot_env(const std::string& folder) {
  Values values;
  const std::string file = folder + "/.env";
  if (!exists(file)) return values;
  DRYDOCK_LET(const std::string text, read_file(file, limits::kTaskDefinitionFile));
  auto read = compose::parse_env_text(text, [](const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  });
  if (!read) return tl::unexpected(std::move(read.error()).in(file));
  for (auto& [name, value] : *read) values[name] = std::move(value);
  return values;
}

// Beside the first file, or where the program was called.
std::string default_params(const std::string& folder) {
  if (exists(folder + "/" + kParams)) return folder + "/" + kParams;
  return exists(kParams) ? kParams : "";
}

}  // namespace

Result<compose::SourceFile> read_source_file(const std::string& file) {
  DRYDOCK_LET(std::string text, read_document(file, limits::kTaskDefinitionFile));
  return compose::SourceFile{file == "-" ? "standard input" : file, std::move(text)};
}

Result<std::vector<std::string>> compose_files(const ComposeSource& source) {
  if (!source.files.empty()) return source.files;
  std::vector<std::string> files;
  std::string named = environment("COMPOSE_FILE");
  while (!named.empty()) {
    const std::size_t colon = std::min(named.find(':'), named.size());
    if (colon > 0) files.push_back(named.substr(0, colon));
    named.erase(0, colon + 1);
  }
  if (!files.empty()) return files;
  for (const char* name :
       {"docker-compose.yml", "docker-compose.yaml", "compose.yaml", "compose.yml"})
    if (files.empty() && exists(name)) files.emplace_back(name);
  if (files.empty())
    return fail(Errc::kNotFound,
                "no Compose file was named, and there is no docker-compose.yml in this folder");
  for (const char* name : {"docker-compose.override.yml", "docker-compose.override.yaml"})
    if (files.size() == 1 && exists(name)) files.emplace_back(name);
  return files;
}

Result<compose::Options> compose_surroundings(const ComposeSource& source,
                                              const std::string& first) {
  compose::Options options;
  options.folder = folder_of(first);
  options.home = environment("HOME");
  options.launch_type = source.launch_type;
  DRYDOCK_LET(Values values, dot_env(options.folder));
  options.variable =
      [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
    if (const char* value = std::getenv(name.c_str())) return value;
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional<std::string>(found->second);
  };
  options.read_file = [](const std::string& path) {
    return read_file(path, limits::kTaskDefinitionFile);
  };
  options.family = source.project;
  if (options.family.empty())
    options.family = options.variable("COMPOSE_PROJECT_NAME").value_or("");
  const std::string params =
      source.ecs_params.empty() ? default_params(options.folder) : source.ecs_params;
  if (!params.empty()) {
    DRYDOCK_LET(options.ecs_params, read_source_file(params));
  }
  if (!source.registry_credentials.empty()) {
    DRYDOCK_LET(options.registry_credentials, read_source_file(source.registry_credentials));
  }
  return options;
}

Result<compose::Converted> read_compose(const ComposeSource& source) {
  DRYDOCK_LET(const auto names, compose_files(source));
  std::vector<compose::SourceFile> files;
  for (const std::string& name : names) {
    DRYDOCK_LET(compose::SourceFile file, read_source_file(name));
    files.push_back(std::move(file));
  }
  DRYDOCK_LET(const compose::Options options, compose_surroundings(source, names.front()));
  DRYDOCK_LET(compose::Converted made, compose::convert_compose(files, options));
  if (!source.task_role.empty()) made.request["taskRoleArn"] = source.task_role;
  return made;
}

std::vector<std::string> note_lines(const std::vector<taskdef::Note>& notes) {
  std::vector<std::string> lines;
  lines.reserve(notes.size());
  for (const taskdef::Note& n : notes) lines.push_back(n.path + ": " + n.text);
  return lines;
}

}  // namespace drydock::cli
