#pragma once
#include <string>
#include <string_view>

// What references to resources give, for the types whose names a template decides.
namespace drydock::taskdef::templates {

struct ResourceForm {
  std::string_view type;       // "AWS::IAM::Role"
  std::string_view attribute;  // "Arn"; empty: what Ref gives
  const char* name;            // the property that names it
  const char* text;  // {name}, {small} (in lower case), {region}, {account}, {id} (17 hex digits)
};

// Null: only AWS knows (the documentation's "Return values" of each resource type).
const ResourceForm* form_of(std::string_view type, std::string_view attribute);

// The name of a resource that the template leaves to CloudFormation: "stack-LogicalId", without the
// random part.
std::string made_up_name(const std::string& stack, const std::string& logical_id);
// 17 hex digits that are always the same for a text.
std::string made_up_id(std::string_view text);
std::string lower_case(std::string text);

}  // namespace drydock::taskdef::templates
