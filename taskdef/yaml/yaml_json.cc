#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "taskdef/yaml/yaml.h"

// The core schema of YAML 1.2 (chapter 10.3), and a text that reads back as the same JSON.
namespace drydock::taskdef {
namespace {

template <class Number>
std::optional<Number> number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<long long> based(std::string_view text, int base) {
  long long value = 0;
  text.remove_prefix(2);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || text.starts_with('-'))
    return std::nullopt;
  return value;
}

Json scalar(const std::string& text) {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  if (text == "Null" || text == "NULL") return nullptr;
  if (text.starts_with("0x"))
    if (const auto n = based(text, 16)) return *n;
  if (text.starts_with("0o"))
    if (const auto n = based(text, 8)) return *n;
  if (const auto n = number<long long>(text)) return *n;
  // "inf" and "nan" are words here.
  if (text.find_first_not_of("+-.0123456789eE") == std::string::npos)
    if (const auto n = number<double>(text)) return *n;
  return text;
}

constexpr std::array<std::string_view, 10> kWords = {"true", "false", "null", "yes", "no",
                                                     "on",   "off",   "y",    "n",   "inf"};

// A text that no reader of YAML 1.1 or 1.2 takes for anything else.
bool plain(const std::string& text) {
  if (text.empty() || text.size() > 200) return false;
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (!is_letter(text[0]) && text[0] != '/' && text[0] != '_') return false;
  for (const char c : text)
    if (!is_letter(c) && !(c >= '0' && c <= '9') &&
        std::string_view("_./-").find(c) == std::string::npos)
      return false;
  std::string lower = text;
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  for (const std::string_view word : kWords)
    if (lower == word) return false;
  return true;
}

std::string text_of(const Json& value) {
  return value.is_string() && plain(value.get<std::string>()) ? value.get<std::string>()
                                                              : dump_json(value);
}

bool nested(const Json& value) { return value.is_structured() && !value.empty(); }

void write(std::string& out, const Json& value, int depth) {
  const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      out += indent + text_of(Json(key)) + ":";
      if (nested(member)) {
        out += "\n";
        write(out, member, depth + 1);
      } else {
        out += " " + text_of(member) + "\n";
      }
    }
    return;
  }
  for (const Json& item : value) {
    if (!nested(item)) {
      out += indent + "- " + text_of(item) + "\n";
      continue;
    }
    // The first line of what is inside stands behind the dash.
    std::string inside;
    write(inside, item, depth + 1);
    inside.replace(static_cast<std::size_t>(depth) * 2, 2, "- ");
    out += inside;
  }
}

}  // namespace

Json yaml_json(const Yaml& node) {
  switch (node.kind) {
    case Yaml::Kind::kNull:
      return nullptr;
    case Yaml::Kind::kScalar:
      return node.quoted ? Json(node.text) : scalar(node.text);
    case Yaml::Kind::kList: {
      Json list = Json::array();
      for (const Yaml& item : node.items) list.push_back(yaml_json(item));
      return list;
    }
    case Yaml::Kind::kMap:
      break;
  }
  Json object = Json::object();
  for (const YamlMember& member : node.members) object[member.key] = yaml_json(member.value);
  return object;
}

std::string yaml_text(const Json& json) {
  if (!nested(json)) return text_of(json) + "\n";
  std::string out;
  write(out, json, 0);
  return out;
}

}  // namespace drydock::taskdef
