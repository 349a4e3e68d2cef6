#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/vault/parameters.h"

// Parameter Store: labels of versions, and tags.
namespace drydock::api::vault {
namespace {

using control::refuse;
using secrets::Contents;
using secrets::Parameter;
using secrets::ParameterVersion;

constexpr std::size_t kMostLabels = 10;

bool is_label(const std::string& label) {
  const bool letters = std::all_of(label.begin(), label.end(), [](unsigned char c) {
    return c < 0x80 && (std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_');
  });
  std::string start = label.substr(0, 3);
  for (char& c : start) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return letters && !label.empty() && label.size() <= 100 &&
         std::isdigit(static_cast<unsigned char>(label.front())) == 0 && start != "aws" &&
         start != "ssm";
}

// The parameter and the number of the version that is meant, checked.
Answer<Parameter> copy_of(const Call& call, const Contents& contents, const Json& in, int& number) {
  DRYDOCK_LET(const FoundParameter found, find_parameter(call, contents, json_string(in, "Name")));
  number = static_cast<int>(json_int(in, "ParameterVersion", found.version->number));
  if (!found.parameter->selected(std::to_string(number)))
    return refuse("ParameterVersionNotFound",
                  "Systems Manager could not find version " + std::to_string(number) + " of " +
                      found.parameter->name + ". Verify the version and try again.");
  return *found.parameter;
}

Answer<Json> label(const Call& call, const Json& in) {
  return changed(call, [&](Contents& contents) -> Answer<Json> {
    int number = 0;
    DRYDOCK_LET(Parameter parameter, copy_of(call, contents, in, number));
    Json invalid = Json::array();
    std::vector<std::string> wanted;
    for (const std::string& one : strings(in, "Labels")) {
      if (is_label(one))
        wanted.push_back(one);
      else
        invalid.push_back(one);
    }
    for (ParameterVersion& version : parameter.versions) {
      for (const std::string& one : wanted) std::erase(version.labels, one);
      if (version.number != number) continue;
      version.labels.insert(version.labels.end(), wanted.begin(), wanted.end());
      if (version.labels.size() > kMostLabels)
        return refuse("ParameterVersionLabelLimitExceeded",
                      "A parameter version can have maximum 10 labels. Move one or more labels to "
                      "another version and try again.");
    }
    contents.put(std::move(parameter));
    return Json{{"InvalidLabels", std::move(invalid)}, {"ParameterVersion", number}};
  });
}

Answer<Json> unlabel(const Call& call, const Json& in) {
  return changed(call, [&](Contents& contents) -> Answer<Json> {
    int number = 0;
    DRYDOCK_LET(Parameter parameter, copy_of(call, contents, in, number));
    Json out = {{"RemovedLabels", Json::array()}, {"InvalidLabels", Json::array()}};
    for (ParameterVersion& version : parameter.versions)
      if (version.number == number)
        for (const std::string& one : strings(in, "Labels"))
          out[std::erase(version.labels, one) > 0 ? "RemovedLabels" : "InvalidLabels"].push_back(
              one);
    contents.put(std::move(parameter));
    return out;
  });
}

// The parameter that ResourceType and ResourceId name.
Answer<secrets::ParameterPtr> resource(const Call& call, const Contents& contents, const Json& in) {
  if (json_string(in, "ResourceType") != "Parameter")
    return refuse(
        "InvalidResourceType",
        "The resource type is not valid: " + json_string(in, "ResourceType").substr(0, 100) +
            ". Drydock's Systems Manager has parameters only (Parameter).");
  const auto found = find_parameter(call, contents, json_string(in, "ResourceId"));
  if (!found)
    return refuse("InvalidResourceId",
                  "The resource ID is not valid. Verify that you entered the "
                  "correct ID and try again.");
  return found->parameter;
}

Answer<Json> change_tags(const Call& call, const Json& in,
                         const std::function<Answer<bool>(secrets::TagList&)>& change) {
  return changed(call, [&](Contents& contents) -> Answer<Json> {
    DRYDOCK_LET(const auto there, resource(call, contents, in));
    Parameter parameter = *there;
    DRYDOCK_TRY(change(parameter.tags));
    contents.put(std::move(parameter));
    return Json::object();
  });
}

Answer<Json> add(const Call& call, const Json& in) {
  return change_tags(call, in, [&](secrets::TagList& tags) {
    return add_tags(tags, json_find(in, "Tags"), "ValidationException");
  });
}

Answer<Json> remove(const Call& call, const Json& in) {
  return change_tags(call, in, [&](secrets::TagList& tags) -> Answer<bool> {
    remove_tags(tags, in["TagKeys"]);
    return true;
  });
}

Answer<Json> list(const Call& call, const Json& in) {
  return call.vault.read([&](const Contents& contents) -> Answer<Json> {
    DRYDOCK_LET(const auto there, resource(call, contents, in));
    return Json{{"TagList", tags_json(there->tags)}};
  });
}

}  // namespace

std::vector<Operation> parameter_tag_operations() {
  return {{"LabelParameterVersion", "Name Labels",
           "Name: str, ParameterVersion: long, Labels: [str]", label},
          {"UnlabelParameterVersion", "Name ParameterVersion Labels",
           "Name: str, ParameterVersion: long, Labels: [str]", unlabel},
          {"AddTagsToResource", "ResourceType ResourceId Tags",
           "ResourceType: enum, ResourceId: str, Tags: [AwsTag]", add},
          {"RemoveTagsFromResource", "ResourceType ResourceId TagKeys",
           "ResourceType: enum, ResourceId: str, TagKeys: [str]", remove},
          {"ListTagsForResource", "ResourceType ResourceId", "ResourceType: enum, ResourceId: str",
           list}};
}

}  // namespace drydock::api::vault
