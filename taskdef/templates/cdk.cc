#include <nlohmann/json.hpp>

#include "taskdef/templates/templates.h"

// A cloud assembly of the CDK: manifest.json names the templates (cloud-assembly-schema of
// aws-cdk).
namespace drydock::taskdef::templates {
namespace {

bool stays_inside(const std::string& file) {
  if (file.empty() || file[0] == '/' || file.find('\0') != std::string::npos) return false;
  for (std::size_t from = 0; from <= file.size();) {
    const auto slash = std::min(file.find('/', from), file.size());
    if (file.substr(from, slash - from) == "..") return false;
    from = slash + 1;
  }
  return true;
}

// "aws://123456789012/eu-west-1"; what the CDK does not know is "unknown-account",
// "unknown-region".
void read_environment(const std::string& text, CdkTemplate& out) {
  if (!text.starts_with("aws://")) return;
  const auto slash = text.find('/', 6);
  if (slash == std::string::npos) return;
  const std::string account = text.substr(6, slash - 6), region = text.substr(slash + 1);
  if (account.find("unknown") == std::string::npos) out.account = account;
  if (region.find("unknown") == std::string::npos) out.region = region;
}

}  // namespace

Result<std::vector<CdkTemplate>> cdk_templates(const Json& manifest) {
  std::vector<CdkTemplate> out;
  const Json* artifacts = json_find(manifest, "artifacts");
  if (!artifacts || !artifacts->is_object())
    return fail(Errc::kInvalid, "the manifest has no artifacts");
  for (const auto& [name, artifact] : artifacts->items()) {
    const std::string type = json_string(artifact, "type");
    const bool stack = type == "aws:cloudformation:stack";
    const bool assembly = type == "cdk:cloud-assembly";
    const Json* properties = json_find(artifact, "properties");
    if ((!stack && !assembly) || !properties) continue;
    CdkTemplate one;
    one.assembly = assembly;
    one.stack = json_string(*properties, "stackName", name);
    one.file = json_string(*properties, stack ? "templateFile" : "directoryName");
    read_environment(json_string(artifact, "environment"), one);
    if (!stays_inside(one.file))
      return fail(Errc::kInvalid, "artifacts." + name + ": the file \"" + one.file +
                                      "\" lies outside of the assembly");
    out.push_back(std::move(one));
  }
  if (out.empty()) return fail(Errc::kInvalid, "the assembly has no stack");
  return out;
}

}  // namespace drydock::taskdef::templates
