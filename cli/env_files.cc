#include "cli/env_files.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace drydock::cli {
namespace {

constexpr std::string_view kArn = ":s3:::";

std::string after_service(const std::string& arn) {
  const std::size_t at = arn.find(kArn);
  return at == std::string::npos ? arn : arn.substr(at + kArn.size());
}

std::string last_part(const std::string& name) { return name.substr(name.rfind('/') + 1); }

// The ARN, bucket/key, or the last part of the key.
bool names(const std::string& text, const std::string& arn) {
  return text == arn || text == after_service(arn) || text == last_part(arn);
}

Result<std::string> object_of(const EnvFileSetting& setting,
                              const std::vector<std::string>& objects) {
  const std::string& wanted = setting.object.empty() ? last_part(setting.file) : setting.object;
  std::vector<std::string> found;
  for (const std::string& arn : objects)
    if (names(wanted, arn)) found.push_back(arn);
  if (found.size() == 1) return found.front();
  if (found.empty() && setting.object.empty() && objects.size() == 1) return objects.front();
  std::string listed;
  for (const std::string& arn : objects)
    listed += (listed.empty() ? "" : ", ") + after_service(arn);
  return fail(Errc::kInvalid,
              "--env-file: \"" + wanted + "\" is " + (found.empty() ? "none" : "more than one") +
                  " of the objects in environmentFiles (" +
                  (listed.empty() ? "there are none" : listed) + "); write OBJECT=FILE");
}

void collect(const Json& containers, std::vector<std::string>& objects) {
  if (!containers.is_array()) return;
  for (const Json& container : containers) {
    const Json* files = container.is_object() ? json_find(container, "environmentFiles") : nullptr;
    if (!files || !files->is_array()) continue;
    for (const Json& file : *files) {
      std::string arn = file.is_object() ? json_string(file, "value") : std::string();
      if (!arn.empty() && std::find(objects.begin(), objects.end(), arn) == objects.end())
        objects.push_back(std::move(arn));
    }
  }
}

}  // namespace

std::vector<std::string> environment_objects(const Json& definition) {
  std::vector<std::string> objects;
  for (const char* list : {"containerDefinitions", "containerOverrides"})
    if (const Json* containers = json_find(definition, list)) collect(*containers, objects);
  return objects;
}

Result<EnvFiles> settle_env_files(const std::vector<EnvFileSetting>& settings,
                                  const std::vector<std::string>& objects) {
  EnvFiles out;
  out.for_every_container = objects.empty() && !settings.empty();
  for (const EnvFileSetting& setting : settings) {
    std::error_code ec;
    const auto path = std::filesystem::absolute(setting.file, ec).lexically_normal();
    if (ec || !std::filesystem::is_regular_file(path, ec))
      return fail(Errc::kInvalid, "--env-file: " + setting.file + " is no regular file");
    std::string arn = "arn:aws:s3:::drydock/" + std::to_string(out.objects.size()) + "/" +
                      last_part(setting.file);
    if (!arn.ends_with(".env")) arn += ".env";  // as ECS wants it
    if (!out.for_every_container || !setting.object.empty()) {
      DRYDOCK_LET(arn, object_of(setting, objects));
    }
    out.objects.emplace_back(std::move(arn), path.string());
  }
  return out;
}

}  // namespace drydock::cli
