#include "taskdef/compose/project.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <set>

#include "taskdef/compose/interpolate.h"
#include "taskdef/compose/service.h"

namespace drydock::taskdef::compose {
namespace {

constexpr int kMostExtends = 16;

bool is_service(const Yaml& node) {
  return node.find("image") || node.find("build") || node.find("extends");
}

// Version 1 has its services at the top.
bool is_version_1(const Yaml& root) {
  if (!root.is_map() || root.find("services")) return false;
  const Yaml* version = root.find("version");
  if (version && version->is_scalar() && !version->text.starts_with('1')) return false;
  return std::any_of(root.members.begin(), root.members.end(),
                     [](const YamlMember& m) { return m.value.is_map() && is_service(m.value); });
}

// "1", "2.1", "3.8".
bool is_known_version(std::string_view text) {
  const std::string_view major = text.substr(0, text.find('.'));
  return (major == "1" || major == "2" || major == "3") && !text.ends_with('.');
}

Status check_version(const Context& context, const Yaml& root) {
  const Yaml* version = root.find("version");
  if (!version) return {};
  DRYDOCK_LET(const std::string text, text_at(context, *version, "version"));
  if (is_known_version(text)) return {};
  return fail_at(context, *version, "version",
                 "\"" + text + "\" is no version of Compose files; 1, 2.x and 3.x are");
}

// The map of services of a file.
Result<const Yaml*> services_of(const Context& context, const Yaml& root) {
  if (is_version_1(root)) return &root;
  const Yaml* services = root.find("services");
  if (services && !services->is_map() && !services->is_null())
    return fail_at(context, *services, "services",
                   "expected a map of services, found " + std::string(kind_name(*services)));
  return services;
}

std::string folder_of(const std::string& path) {
  return path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
}

Result<Json> whole_service(const Context& context, const Yaml& services, const std::string& name,
                           const Yaml& node, int depth);

// What `extends` names, without what services do not share.
Result<Json> extended(const Context& context, const Yaml& services, const std::string& name,
                      const Yaml& extends, int depth) {
  const std::string path = "services." + name + ".extends";
  if (depth >= kMostExtends)
    return fail_at(context, extends, path, "the services extend one another in a circle");
  const Yaml* service = extends.is_map() ? extends.find("service") : &extends;
  if (!service) return fail_at(context, extends, path, "service is missing");
  DRYDOCK_LET(const std::string wanted, text_at(context, *service, path));
  const auto absent = [&] {
    return fail_at(context, extends, path, "there is no service \"" + wanted + "\"");
  };
  Json value;
  if (const Yaml* file = extends.find("file")) {
    DRYDOCK_LET(const std::string named, text_at(context, *file, path));
    const std::string full = absolute_path(context, named);
    if (!context.options.read_file)
      return fail_at(context, *file, path, "no other file can be read here");
    auto text = context.options.read_file(full);
    if (!text) return fail_at(context, *file, path, text.error().message);
    DRYDOCK_LET(Yaml root, read_source({named, std::move(*text)}));
    const Context there{context.options, context.notes, named, folder_of(full)};
    DRYDOCK_TRY(expand_variables(there, root));
    DRYDOCK_LET(const Yaml* others, services_of(there, root));
    const Yaml* found = others ? others->find(wanted) : nullptr;
    if (!found) return absent();
    DRYDOCK_LET(value, whole_service(there, *others, wanted, *found, depth + 1));
  } else {
    const Yaml* found = services.find(wanted);
    if (!found) return absent();
    DRYDOCK_LET(value, whole_service(context, services, wanted, *found, depth + 1));
  }
  for (const char* own : {"links", "volumesFrom", "dependsOn"}) value.erase(own);
  return value;
}

Result<Json> whole_service(const Context& context, const Yaml& services, const std::string& name,
                           const Yaml& node, int depth) {
  DRYDOCK_LET(Json own, read_service(context, name, node));
  const Yaml* extends = node.find("extends");
  if (!extends) return own;
  DRYDOCK_LET(Json base, extended(context, services, name, *extends, depth));
  return merged_service(std::move(base), own);
}

// A service with profiles is only there when COMPOSE_PROFILES names one of them.
Result<bool> is_active(const Context& context, const std::string& name, const Yaml& service) {
  const Yaml* profiles = service.find("profiles");
  if (!profiles) return true;
  DRYDOCK_LET(const auto names, texts_at(context, *profiles, "services." + name + ".profiles"));
  const auto given =
      context.options.variable ? context.options.variable("COMPOSE_PROFILES") : std::nullopt;
  const std::string active = "," + given.value_or("") + ",";
  if (names.empty() || active == ",*,") return true;
  for (const std::string& one : names)
    if (active.find("," + one + ",") != std::string::npos) return true;
  note(context, "services." + name, "left out: COMPOSE_PROFILES names none of its profiles");
  return false;
}

Status read_services(const Context& context, const Yaml& services, Project& project) {
  for (const auto& [name, node] : services.members) {
    if (name.starts_with("x-") || (name == "version" && node.is_scalar())) continue;
    DRYDOCK_LET(const bool active, is_active(context, name, node));
    if (!active) continue;
    DRYDOCK_LET(Json value, whole_service(context, services, name, node, 0));
    const auto known = std::find(project.services.begin(), project.services.end(), name);
    if (known == project.services.end()) {
      project.services.push_back(name);
      project.values.push_back(std::move(value));
    } else {
      Json& base = project.values[static_cast<std::size_t>(known - project.services.begin())];
      base = merged_service(std::move(base), value);
    }
  }
  return {};
}

Status read_volumes(const Context& context, const Yaml& volumes, Project& project) {
  if (!volumes.is_map()) return fail_at(context, volumes, "volumes", "expected a map of volumes");
  for (const auto& [name, node] : volumes.members) {
    if (std::find(project.volumes.begin(), project.volumes.end(), name) == project.volumes.end())
      project.volumes.push_back(name);
    for (const YamlMember& member : node.members)
      note(context, "volumes." + name + "." + member.key,
           "ignored: write docker_volumes in ecs-params.yml");
  }
  return {};
}

Status read_top(const Context& context, const Yaml& root, Project& project) {
  DRYDOCK_TRY(check_version(context, root));
  DRYDOCK_LET(const Yaml* services, services_of(context, root));
  if (services) DRYDOCK_TRY(read_services(context, *services, project));
  if (services == &root) return {};
  project.declares_volumes = true;
  for (const auto& [key, node] : root.members) {
    if (key == "name") {
      DRYDOCK_LET(project.name, text_at(context, node, key));
    } else if (key == "volumes" && !node.is_null()) {
      DRYDOCK_TRY(read_volumes(context, node, project));
    } else if (key == "include") {
      return fail_at(context, node, key, "other files are not included; name each with -f");
    } else if (key == "networks" || key == "configs" || key == "secrets") {
      note(context, key, "ignored: ECS has no place for it");
    } else if (key != "version" && key != "services" && key != "volumes" &&
               !key.starts_with("x-")) {
      return fail_at(context, node, key,
                     "is no part of a Compose file; version 1 has maps with image at the top, "
                     "others have services");
    }
  }
  return {};
}

Status expand(const Context& context, Yaml& node, std::set<std::string>& unset) {
  if (node.is_scalar() && node.text.find('$') != std::string::npos) {
    std::vector<std::string> names;
    auto text = interpolate(node.text, context.options.variable, names);
    if (!text) return fail_at(context, node, {}, text.error().message);
    node.text = std::move(*text);
    for (std::string& name : names)
      if (unset.insert(name).second)
        note(context, context.file, "the variable " + name + " is not set; it is read as nothing");
  }
  for (Yaml& item : node.items) DRYDOCK_TRY(expand(context, item, unset));
  for (YamlMember& member : node.members) DRYDOCK_TRY(expand(context, member.value, unset));
  return {};
}

}  // namespace

Result<Yaml> read_source(const SourceFile& file) {
  auto root = read_yaml(file.text);
  if (!root) return tl::unexpected(std::move(root.error()).in(file.name));
  if (!root->is_map())
    return fail(Errc::kInvalid,
                file.name + ": expected a map, found " + std::string(kind_name(*root)));
  return root;
}

Status expand_variables(const Context& context, Yaml& node) {
  std::set<std::string> unset;
  return expand(context, node, unset);
}

Result<Project> read_project(const std::vector<SourceFile>& files, const Options& options,
                             std::vector<Note>& notes) {
  Project project;
  for (const SourceFile& file : files) {
    DRYDOCK_LET(Yaml root, read_source(file));
    const Context context{options, notes, file.name, options.folder};
    DRYDOCK_TRY(expand_variables(context, root));
    DRYDOCK_TRY(read_top(context, root, project));
  }
  if (project.services.empty())
    return fail(Errc::kInvalid, (files.empty() ? "no file" : files.front().name) +
                                    std::string(": there is no service in it"));
  return project;
}

bool looks_like_compose(std::string_view text) {
  const auto root = read_yaml(text);
  if (!root || !root->is_map() || root->find("containerDefinitions")) return false;
  const Yaml* services = root->find("services");
  return services ? services->is_map() : is_version_1(*root);
}

std::string project_name(const std::string& folder) {
  std::string rest = folder;
  while (rest.size() > 1 && rest.ends_with('/')) rest.pop_back();
  std::string name;
  for (const char c : rest.substr(rest.rfind('/') + 1)) {
    const char lower = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const bool letter = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
    if (letter || (!name.empty() && (lower == '-' || lower == '_'))) name += lower;
  }
  return name.empty() ? "default" : name;
}

}  // namespace drydock::taskdef::compose
