#include "cli/local_input.h"

#include <cstdio>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "cli/compose_input.h"
#include "taskdef/compose/local.h"
#include "taskdef/yaml/yaml.h"

namespace drydock::cli {
namespace {

namespace compose = taskdef::compose;

constexpr mode_t kMode = 0600;  // as ecs-cli writes them

// y/N on standard input; its end is a no.
bool agreed(Session& session, const std::string& file) {
  session.err.write("Compose file " + file +
                    " already exists. Do you want to write over this file? [y/N]\n");
  std::string answer;
  std::getline(std::cin, answer);
  for (char& c : answer) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  while (answer.ends_with(' ') || answer.ends_with('\r')) answer.pop_back();
  return answer == "y" || answer == "yes";
}

Status write(EcsLog& log, const std::string& file, const Json& document) {
  DRYDOCK_TRY(write_file_atomic(file, taskdef::yaml_text(document), kMode));
  log.info("Successfully wrote " + file);
  return {};
}

}  // namespace

Status check_pairs(const LocalOptions& o) {
  const auto refuse = [](const char* one, const char* other) {
    return fail(Errc::kInvalid, std::string(one) + " and " + other + " can not be used together");
  };
  if (!o.file.empty() && !o.remote.empty()) return refuse("--task-def-file", "--task-def-remote");
  if (!o.file.empty() && !o.compose.empty()) return refuse("--task-def-file", "--task-def-compose");
  if (!o.remote.empty() && !o.compose.empty())
    return refuse("--task-def-remote", "--task-def-compose");
  if (!o.output.empty() && !o.compose.empty()) return refuse("--output", "--task-def-compose");
  return {};
}

Result<LocalInput> local_input(const LocalOptions& options) {
  if (!options.file.empty()) return LocalInput{LocalKind::kFile, options.file};
  if (!options.remote.empty()) return LocalInput{LocalKind::kRemote, options.remote};
  if (!options.compose.empty()) return LocalInput{LocalKind::kCompose, options.compose};
  if (exists(kLocalDefinition)) return LocalInput{LocalKind::kFile, kLocalDefinition};
  if (options.action == "up" && exists(kLocalFile))
    return LocalInput{LocalKind::kCompose, kLocalFile};
  return fail(Errc::kNotFound, options.action == "up"
                                   ? std::string("there is neither ") + kLocalDefinition + " nor " +
                                         kLocalFile + " in this folder; name one with -f, -t or -c"
                                   : std::string("there is no ") + kLocalDefinition +
                                         " in this folder; name one with -f or -t");
}

std::string override_name(const std::string& file) {
  const std::size_t dot = file.rfind('.');
  if (dot == std::string::npos || file.find('/', dot) != std::string::npos)
    return file + ".override";
  return file.substr(0, dot) + ".override" + file.substr(dot);
}

std::string absolute(const std::string& file) {
  std::error_code ec;
  std::string path = std::filesystem::absolute(file, ec).lexically_normal().string();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

Status write_local_files(EcsLog& log, Session& session, const LocalOptions& options,
                         const LocalInput& input, const Json& definition) {
  const std::string file = options.output.empty() ? kLocalFile : options.output;
  const bool remote = input.kind == LocalKind::kRemote;
  const compose::LocalSource source{remote ? "remote" : "local",
                                    remote ? input.name : absolute(input.name), options.use_role};
  if (!options.force && exists(file) && !agreed(session, file))
    return fail(Errc::kBusy, "Aborted writing compose file. To retry, rename or move " + file +
                                 ", or use --force");
  std::vector<taskdef::Note> notes;
  const Json document = compose::local_compose(definition, source, notes);
  for (const std::string& line : note_lines(notes)) session.note(line);
  DRYDOCK_TRY(write(log, file, document));
  const std::string over = override_name(file);
  if (exists(over) && !options.force) {
    log.info(over + " already exists, it is kept");
    return {};
  }
  return write(log, over, compose::local_override(definition));
}

Result<std::vector<compose::SourceFile>> override_files(EcsLog& log, const std::string& base,
                                                        bool with_default,
                                                        const std::vector<std::string>& overrides) {
  std::vector<std::string> names;
  if (const std::string own = override_name(base); with_default && exists(own))
    names.push_back(own);
  for (const std::string& name : overrides) {
    if (exists(name))
      names.push_back(name);
    else
      log.warn("Skipping override file " + name + ": it does not exist");
  }
  std::vector<compose::SourceFile> files;
  for (const std::string& name : names) {
    DRYDOCK_LET(compose::SourceFile file, read_source_file(name));
    files.push_back(std::move(file));
  }
  return files;
}

}  // namespace drydock::cli
