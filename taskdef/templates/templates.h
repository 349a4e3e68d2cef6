#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

// Task definitions out of what other tools write: CloudFormation templates (JSON or YAML), those of
// a CDK cloud assembly, and what `terraform show -json` prints of a plan or a state. Pure: text in,
// RegisterTaskDefinition documents out. Who includes this includes nlohmann/json.hpp before it.
namespace drydock::taskdef::templates {

// CloudFormation takes templates of 1 MB; a plan of Terraform holds every resource several times.
inline constexpr std::size_t kTemplateBytes = 1u << 20;
inline constexpr std::size_t kFileBytes = 16u << 20;

enum class Format { kTaskDefinition, kCloudFormation, kTerraform, kCdkManifest, kCompose };

// What a document is, by its members.
Format format_of(const Json& document);

// The text of a file as a document: JSON, else YAML with CloudFormation's short tags (`!Ref X`
// becomes {"Ref": "X"}). kInvalid with line and column.
Result<Json> read_document(std::string_view text);

struct Settings {
  // Of --parameter: a template's parameters, and what stands for a reference that nobody can
  // resolve here, by the name that the error gives.
  std::map<std::string, std::string> parameters;
  std::string region = "us-east-1";
  std::string account = "123456789012";
  std::string stack = "drydock";  // AWS::StackName
};

struct Definition {
  std::string name;      // a logical id, or Terraform's address
  Result<Json> request;  // RegisterTaskDefinition's; or what cannot be resolved
};

// A service and what runs in it.
struct Service {
  std::string name;        // a logical id, or Terraform's address
  std::string definition;  // a Definition's name; else a family or ARN that the template names
  Result<Json> request;    // CreateService's, without its taskDefinition
};

struct Content {
  std::vector<Definition> definitions;
  std::vector<Service> services;
  std::vector<std::string> notes;  // what was left out or stands for something else
};

// kNotFound when nothing of the kind is in it, kInvalid when a condition of a resource cannot be
// decided.
Result<Content> read_cloudformation(const Json& document, const Settings& settings);
Result<Content> read_terraform(const Json& document, const Settings& settings);

// One template of a cloud assembly.
struct CdkTemplate {
  std::string stack;
  std::string file;             // below the assembly's folder
  std::string region, account;  // empty: not decided by the assembly
  bool assembly = false;        // `file` is the folder of another assembly (a stage's)
};
// Of a cloud assembly's manifest.json. kInvalid when a file would lie outside of its folder.
Result<std::vector<CdkTemplate>> cdk_templates(const Json& manifest);

}  // namespace drydock::taskdef::templates
