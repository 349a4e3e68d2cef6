#include <nlohmann/json.hpp>

#include "cli/definitions.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/files.h"
#include "cli/compose_input.h"
#include "cli/documents.h"
#include "taskdef/compose/compose.h"
#include "taskdef/parse.h"

namespace drydock::cli {
namespace {

namespace fs = std::filesystem;
namespace compose = taskdef::compose;
namespace templates = taskdef::templates;
using templates::Content;
using templates::Format;

constexpr int kMostAssemblies = 4;  // a stage in a stage

std::string shown(const std::string& file) { return file == "-" ? "standard input" : file; }

// Also of what is empty: its error is that of a task definition.
bool begins_like_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  return first == std::string_view::npos || text[first] == '{' || text[first] == '[';
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

templates::Settings settings_of(const std::string& file, const FromFile& from) {
  templates::Settings out;
  out.parameters.insert(from.parameters.begin(), from.parameters.end());
  out.stack = project_of(file);
  for (const char* name : {"AWS_DEFAULT_REGION", "AWS_REGION"})
    if (const std::string region = variable(name); !region.empty()) out.region = region;
  const auto take = [&](const char* name, std::string& to) {
    if (const auto given = out.parameters.find(name); given != out.parameters.end())
      to = given->second;
  };
  take("AWS::Region", out.region);
  take("AWS::AccountId", out.account);
  take("AWS::StackName", out.stack);
  return out;
}

Result<Json> read_json_or_yaml(const std::string& file) {
  DRYDOCK_LET(const std::string text, read_document(file, templates::kFileBytes));
  auto document = templates::read_document(text);
  if (!document) return tl::unexpected(std::move(document.error()).in(shown(file)));
  return document;
}

// A Compose file's services as one task definition.
Result<FileContent> of_compose(const std::string& file, std::string text) {
  DRYDOCK_LET(const auto surroundings, compose_surroundings({}, file));
  DRYDOCK_LET(compose::Converted made,
              compose::convert_compose({{shown(file), std::move(text)}}, surroundings));
  FileContent out;
  out.notes = note_lines(made.notes);
  out.wishes = {std::move(made.publish), std::move(made.run)};
  out.definitions.push_back({made.project, std::move(made.request)});
  return out;
}

// Adds what `more` has, under names that tell the stacks apart when there are several.
void add(Content& to, Content more, const std::string& prefix) {
  for (auto& one : more.definitions) {
    one.name.insert(0, prefix);
    to.definitions.push_back(std::move(one));
  }
  for (auto& one : more.services) {
    const bool own = std::any_of(to.definitions.begin(), to.definitions.end(),
                                 [&](const auto& d) { return d.name == prefix + one.definition; });
    if (own) one.definition.insert(0, prefix);
    one.name.insert(0, prefix);
    to.services.push_back(std::move(one));
  }
  to.notes.insert(to.notes.end(), more.notes.begin(), more.notes.end());
}

Status add_assembly(Content& to, const fs::path& folder, const templates::Settings& settings,
                    const std::string& prefix, int depth) {
  const std::string manifest = (folder / "manifest.json").string();
  if (depth > kMostAssemblies)
    return fail(Errc::kInvalid, manifest + ": assemblies are nested too deep");
  DRYDOCK_LET(const Json document, read_json_or_yaml(manifest));
  auto all = templates::cdk_templates(document);
  if (!all) return tl::unexpected(std::move(all.error()).in(manifest));
  for (const auto& one : *all) {
    const fs::path path = folder / one.file;
    const std::string below = all->size() > 1 ? prefix + one.stack + "/" : prefix;
    if (one.assembly) {
      DRYDOCK_TRY(add_assembly(to, path, settings, below, depth + 1));
      continue;
    }
    templates::Settings own = settings;
    own.stack = one.stack;
    if (!one.region.empty()) own.region = one.region;
    if (!one.account.empty()) own.account = one.account;
    DRYDOCK_LET(const Json text, read_json_or_yaml(path.string()));
    auto content = templates::read_cloudformation(text, own);
    if (content)
      add(to, std::move(*content), below);
    else if (content.error().code != Errc::kNotFound)
      return tl::unexpected(std::move(content.error()).in(path.string()));
  }
  return {};
}

Result<FileContent> read_assembly(const fs::path& folder, const templates::Settings& settings) {
  FileContent out;
  DRYDOCK_TRY(add_assembly(out, folder, settings, "", 0));
  if (out.definitions.empty() && out.services.empty())
    return fail(Errc::kNotFound, folder.string() + ": no stack has an AWS::ECS::TaskDefinition");
  return out;
}

Result<FileContent> only(const std::string& file, Result<Json> request) {
  if (!request) return tl::unexpected(std::move(request.error()).in(shown(file)));
  FileContent out;
  const std::string family = json_string(*request, "family");
  out.definitions.push_back({family, std::move(request)});
  return out;
}

// "web" of "aws_ecs_task_definition.web[0]", "Web" of "Shop/Web".
bool is_called(const std::string& name, const std::string& wanted) {
  if (name == wanted) return true;
  const std::string plain = name.ends_with(']') ? name.substr(0, name.rfind('[')) : name;
  return plain == wanted || plain.substr(plain.find_last_of("./") + 1) == wanted;
}

template <class List>
std::string names_of(const List& list) {
  std::string out;
  for (const auto& one : list) out += (out.empty() ? "" : ", ") + one.name;
  return out;
}

}  // namespace

std::string project_of(const std::string& file) {
  std::error_code ec;
  fs::path path = fs::absolute(file.empty() || file == "-" ? "." : file, ec).lexically_normal();
  if (path.filename() == "manifest.json") path = path.parent_path();
  if (path.filename().empty() || path.filename() == ".") path = path.parent_path();
  const bool folder = file.empty() || file == "-";
  std::string name = (folder ? path : path.parent_path()).filename().string();
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_') c = '-';
  return name.empty() ? "drydock" : name.substr(0, 100);
}

Result<FileContent> read_definitions(const std::string& file, const FromFile& from) {
  const auto settings = settings_of(file, from);
  std::error_code ec;
  if (file != "-" && fs::is_directory(file, ec)) return read_assembly(file, settings);
  const auto text = read_document(file, templates::kFileBytes);
  if (!text) {
    Error error = text.error();
    if (error.code == Errc::kNotFound && file.find_first_of("/.") == std::string::npos)
      error.message += "; a registered family is run with -t " + file;
    return tl::unexpected(std::move(error));
  }
  if (!begins_like_json(*text) && compose::looks_like_compose(*text))
    return of_compose(file, *text);
  auto document = templates::read_document(*text);
  const bool json = parse_json(*text).has_value();
  if (!document || (json && templates::format_of(*document) == Format::kTaskDefinition) ||
      !document->is_object()) {
    const bool yaml = !document && !begins_like_json(*text);
    return only(file, yaml ? std::move(document) : taskdef::parse(*text));
  }
  Result<Content> out = fail(Errc::kInvalid, "");
  switch (templates::format_of(*document)) {
    case Format::kTaskDefinition:
      return only(file, taskdef::to_request(*document));
    case Format::kCompose:
      return of_compose(file, *text);
    case Format::kCdkManifest:
      return read_assembly(fs::path(file).parent_path(), settings);
    case Format::kCloudFormation:
      out = templates::read_cloudformation(*document, settings);
      break;
    case Format::kTerraform:
      out = templates::read_terraform(*document, settings);
      break;
  }
  if (!out) return tl::unexpected(std::move(out.error()).in(shown(file)));
  return FileContent{std::move(*out), {}};
}

namespace {

Result<std::vector<NamedDefinition>> chosen_of(FileContent content, const std::string& file,
                                               const FromFile& from,
                                               std::vector<std::string>& notes) {
  for (const auto& note : content.notes) notes.push_back(shown(file) + ": " + note);
  auto& all = content.definitions;
  std::vector<NamedDefinition> out;
  for (auto& one : all) {
    if (!from.resource.empty() && !is_called(one.name, from.resource)) continue;
    if (!one.request) return tl::unexpected(std::move(one.request.error()).in(shown(file)));
    const std::string label = file + (all.size() > 1 ? ": " + one.name : "");
    out.push_back({label, one.name, std::move(*one.request), content.wishes});
  }
  if (!out.empty()) return out;
  return fail(Errc::kNotFound,
              shown(file) + ": " +
                  (from.resource.empty()
                       ? "no task definition is in it"
                       : "--resource " + from.resource +
                             ": no task definition is called so; there are: " + names_of(all)));
}

}  // namespace

Result<std::vector<NamedDefinition>> chosen_definitions(const std::string& file,
                                                        const FromFile& from,
                                                        std::vector<std::string>& notes) {
  DRYDOCK_LET(FileContent content, read_definitions(file, from));
  return chosen_of(std::move(content), file, from, notes);
}

Result<NamedDefinition> chosen_definition(const std::string& file, const FromFile& from,
                                          std::vector<std::string>& notes) {
  DRYDOCK_LET(FileContent content, read_definitions(file, from));
  const std::string names = names_of(content.definitions);
  // Which one comes before whether each can be resolved.
  if (from.resource.empty() && content.definitions.size() > 1)
    return fail(Errc::kInvalid, shown(file) + ": it has " +
                                    std::to_string(content.definitions.size()) +
                                    " task definitions; choose one with --resource: " + names);
  DRYDOCK_LET(auto all, chosen_of(std::move(content), file, from, notes));
  if (all.size() > 1)
    return fail(Errc::kInvalid, shown(file) + ": --resource " + from.resource +
                                    " means several; write the whole name: " + names);
  return std::move(all.front());
}

}  // namespace drydock::cli
