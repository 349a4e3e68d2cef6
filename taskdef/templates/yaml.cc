#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "taskdef/templates/templates.h"
#include "taskdef/yaml/yaml.h"

// YAML as CloudFormation reads it.
namespace drydock::taskdef::templates {
namespace {

constexpr YamlLimits kLimits = {
    .bytes = kTemplateBytes, .depth = limits::kJsonDepth, .nodes = 200'000};

// A whole number as people write it; 0123 and 1_000 are texts (account ids begin with zeros).
bool is_number(const std::string& text) {
  const std::string digits = text.starts_with('-') ? text.substr(1) : text;
  return !digits.empty() && digits.size() <= 15 &&
         digits.find_first_not_of("0123456789") == std::string::npos &&
         (digits == "0" ? text == "0" : digits[0] != '0');
}

Json plain_scalar(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return {};
  for (const char* word : {"true", "True", "TRUE"})
    if (text == word) return true;
  for (const char* word : {"false", "False", "FALSE"})
    if (text == word) return false;
  if (is_number(text)) return std::stoll(text);
  return text;
}

// "!Ref" -> "Ref", "!Sub" -> "Fn::Sub"; "Condition" alone has no prefix either.
std::string long_name(const std::string& tag) {
  const std::string name = tag.substr(1);
  return name == "Ref" || name == "Condition" ? name : "Fn::" + name;
}

Json with_functions(const Yaml& node);

Json content(const Yaml& node, bool text) {
  if (node.is_scalar()) return text || node.quoted ? Json(node.text) : plain_scalar(node.text);
  if (node.is_list()) {
    Json out = Json::array();
    for (const Yaml& item : node.items) out.push_back(with_functions(item));
    return out;
  }
  if (!node.is_map()) return Json();
  Json out = Json::object();
  for (const YamlMember& member : node.members) out[member.key] = with_functions(member.value);
  return out;
}

Json with_functions(const Yaml& node) {
  const bool function = node.tag.size() > 1 && node.tag[0] == '!' && node.tag[1] != '!';
  Json value = content(node, function);
  if (!function) return value;
  const std::string name = long_name(node.tag);
  if (name == "Fn::GetAtt" && value.is_string()) {
    const auto text = value.get<std::string>();
    const auto dot = text.find('.');
    if (dot != std::string::npos) value = Json::array({text.substr(0, dot), text.substr(dot + 1)});
  }
  return Json{{name, std::move(value)}};
}

}  // namespace

Result<Json> read_document(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos)
    return fail(Errc::kInvalid, "line 1, column 1: the file is empty");
  auto json = parse_json(text);
  // What begins like JSON was meant to be JSON: its error is the one that helps.
  if (json || text[first] == '{' || text[first] == '[') return json;
  DRYDOCK_LET(const Yaml root, read_yaml(text, kLimits));
  return with_functions(root);
}

}  // namespace drydock::taskdef::templates
