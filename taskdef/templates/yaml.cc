#include <nlohmann/json.hpp>

#include <yaml-cpp/yaml.h>

#include <array>

#include "base/limits.h"
#include "taskdef/templates/templates.h"

// YAML as CloudFormation reads it.
namespace drydock::taskdef::templates {
namespace {

constexpr std::size_t kMostNodes = 200'000;  // an alias counts each time

Error error_at(const YAML::Mark& mark, const std::string& what) {
  return {Errc::kInvalid,
          "line " + std::to_string(mark.line + 1) + ", column " + std::to_string(mark.column + 1) +
              ": " + what,
          0};
}

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

class Reader {
 public:
  Result<Json> read(const YAML::Node& node, int depth) {
    if (depth > limits::kJsonDepth)
      return tl::unexpected(error_at(
          node.Mark(), "nested deeper than " + std::to_string(limits::kJsonDepth) + " levels"));
    if (++nodes_ > kMostNodes)
      return tl::unexpected(
          error_at(node.Mark(), "more than " + std::to_string(kMostNodes) + " values"));
    const std::string& tag = node.Tag();
    const bool function = tag.size() > 1 && tag[0] == '!' && tag[1] != '!';
    DRYDOCK_LET(Json value, content(node, depth, function || tag == "!"));
    if (!function) return value;
    const std::string name = long_name(tag);
    if (name == "Fn::GetAtt" && value.is_string()) {
      const auto text = value.get<std::string>();
      const auto dot = text.find('.');
      if (dot != std::string::npos)
        value = Json::array({text.substr(0, dot), text.substr(dot + 1)});
    }
    return Json{{name, std::move(value)}};
  }

 private:
  Result<Json> content(const YAML::Node& node, int depth, bool text) {
    if (node.IsScalar()) return text ? Json(node.Scalar()) : plain_scalar(node.Scalar());
    if (node.IsSequence()) {
      Json out = Json::array();
      for (const auto& item : node) {
        DRYDOCK_LET(Json value, read(item, depth + 1));
        out.push_back(std::move(value));
      }
      return out;
    }
    if (!node.IsMap()) return Json();
    Json out = Json::object();
    for (const auto& member : node) {
      if (!member.first.IsScalar())
        return tl::unexpected(error_at(member.first.Mark(), "a member's name is not a text"));
      const std::string key = member.first.Scalar();
      if (out.contains(key))
        return tl::unexpected(error_at(member.first.Mark(), "\"" + key + "\" is there twice"));
      DRYDOCK_LET(Json value, read(member.second, depth + 1));
      out[key] = std::move(value);
    }
    return out;
  }

  std::size_t nodes_ = 0;
};

Result<Json> read_yaml(std::string_view text) {
  try {
    return Reader().read(YAML::Load(std::string(text)), 0);
  } catch (const YAML::Exception& e) {
    return tl::unexpected(error_at(e.mark, e.msg));
  }
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
  if (text.size() > kTemplateBytes)
    return fail(Errc::kInvalid, "a YAML template may have " + std::to_string(kTemplateBytes) +
                                    " bytes, this one has " + std::to_string(text.size()));
  return read_yaml(text);
}

}  // namespace drydock::taskdef::templates
