#include <algorithm>
#include <cctype>
#include <limits>
#include <nlohmann/json.hpp>

#include "taskdef/node.h"
#include "taskdef/shapes.h"
#include "taskdef/text.h"

namespace drydock::taskdef {
namespace {

bool is_list(Kind kind) {
  return kind == Kind::kStrings || kind == Kind::kIntegers || kind == Kind::kEnums ||
         kind == Kind::kStructs;
}

Kind element_of(Kind list) {
  switch (list) {
    case Kind::kIntegers:
      return Kind::kInteger;
    case Kind::kEnums:
      return Kind::kEnum;
    case Kind::kStructs:
      return Kind::kStruct;
    default:
      return Kind::kString;
  }
}

std::string_view wanted(Kind kind) {
  switch (kind) {
    case Kind::kString:
    case Kind::kEnum:
      return "a string";
    case Kind::kInteger:
      return "a 32-bit integer";
    case Kind::kLong:
      return "an integer";
    case Kind::kBoolean:
      return "true or false";
    case Kind::kStruct:
      return "an object";
    case Kind::kStringMap:
      return "an object of strings";
    default:
      return "a list";
  }
}

std::string_view found(const Json& value) {
  if (value.is_array()) return "a list";
  if (value.is_object()) return "an object";
  if (value.is_string()) return "a string";
  if (value.is_boolean()) return "a boolean";
  if (value.is_null()) return "null";
  return value.is_number_float() ? "a number with a fraction or too large" : "a number";
}

bool fits_long(const Json& value) {
  return value.is_number_integer() &&
         !(value.is_number_unsigned() &&
           value.get<std::uint64_t>() >
               static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
}

bool fits_int(const Json& value) {
  return fits_long(value) &&
         value.get<std::int64_t>() >= std::numeric_limits<std::int32_t>::min() &&
         value.get<std::int64_t>() <= std::numeric_limits<std::int32_t>::max();
}

bool right_type(const Json& value, Kind kind) {
  switch (kind) {
    case Kind::kString:
    case Kind::kEnum:
      return value.is_string();
    case Kind::kInteger:
      return fits_int(value);
    case Kind::kLong:
      return fits_long(value);
    case Kind::kBoolean:
      return value.is_boolean();
    case Kind::kStruct:
    case Kind::kStringMap:
      return value.is_object();
    default:
      return value.is_array();
  }
}

bool has_nul(const Json& value) {
  return value.is_string() && value.get_ref<const std::string&>().find('\0') != std::string::npos;
}

std::string member_path(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : path + '.' + std::string(name);
}
std::string element_path(const std::string& path, std::size_t index) {
  return path + '[' + std::to_string(index) + ']';
}

// Nobody reads more, and a hostile document could have a million.
constexpr std::size_t kMostProblems = 100;

class TypeCheck {
 public:
  void structure(const Json& value, const Shape& shape, const std::string& path) {
    if (problems.size() >= kMostProblems) return;
    if (!value.is_object()) return wrong(value, Kind::kStruct, path);
    for (const Member& member : shape.members)
      if (const Json* child = json_find(value, member.name))
        this->value(*child, member.kind, member.shape, member_path(path, member.name));
  }

  std::vector<Problem> problems;

 private:
  void value(const Json& value, Kind kind, const Shape* shape, const std::string& path) {
    if (!right_type(value, kind)) return wrong(value, kind, path);
    if (has_nul(value))
      return problems.push_back(
          {path, std::string(kSerialization), path + ": the string contains a NUL character"});
    if (kind == Kind::kStruct) return structure(value, *shape, path);
    if (kind == Kind::kStringMap) return map(value, path);
    if (!is_list(kind)) return;
    for (std::size_t i = 0; i < value.size() && problems.size() < kMostProblems; ++i)
      this->value(value[i], element_of(kind), shape, element_path(path, i));
  }

  void map(const Json& value, const std::string& path) {
    for (const auto& [key, child] : value.items()) {
      if (problems.size() >= kMostProblems) return;
      if (!child.is_null()) this->value(child, Kind::kString, nullptr, member_path(path, key));
      if (key.find('\0') != std::string::npos)
        problems.push_back(
            {path, std::string(kSerialization), path + ": a key contains a NUL character"});
    }
  }

  void wrong(const Json& value, Kind kind, const std::string& path) {
    std::string where = path.empty() ? "the request" : path;
    problems.push_back({path, std::string(kSerialization),
                        where + ": expected " + std::string(wanted(kind)) + ", found " +
                            std::string(found(value))});
  }
};

std::string listed(std::string_view values) {
  std::string out;
  for (char c : values) out += c == '|' ? std::string(", ") : std::string(1, c);
  return out;
}

class MemberCheck {
 public:
  void structure(const Node& node, const Shape& shape) {
    for (const Member& member : shape.members) {
      Node child = node[member.name];
      if (member.required && !child.filled()) {
        add(child, fill(text::kMissing, {shape.name, member.name}), kClientException);
      } else if (member.kind == Kind::kEnum && child.filled()) {
        one_of(child, member);
      } else if (member.kind == Kind::kEnums) {
        for (const Node& item : child.items()) one_of(item, member);
      } else if (member.kind == Kind::kStruct && child) {
        structure(child, *member.shape);
      } else if (member.kind == Kind::kStructs) {
        for (const Node& item : child.items()) structure(item, *member.shape);
      }
    }
  }

  std::vector<Problem> problems;

 private:
  void one_of(const Node& node, const Member& member) {
    const std::string value = node.text();
    std::string_view rest = member.values;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('|'), rest.size());
      if (rest.substr(0, end) == value) return;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    // Recorded as the one list whose bad values are answered with another code.
    const bool parameter = member.name == "requiresCompatibilities";
    add(node, fill(text::kBadEnum, {value, member.name, listed(member.values)}),
        parameter ? kInvalidParameter : kClientException);
  }

  void add(const Node& node, std::string message, std::string_view code) {
    problems.push_back({node.path(), std::string(code), std::move(message)});
  }
};

// Letters and digits only, lower case: "ContainerPort" and "container_port" look like
// containerPort.
std::string folded(std::string_view name) {
  std::string out;
  for (unsigned char c : name)
    if (std::isalnum(c)) out += static_cast<char>(std::tolower(c));
  return out;
}

void find_unknown(const Node& node, const Shape& shape, std::vector<Note>& notes) {
  for (const std::string& key : node.keys()) {
    auto known = std::ranges::find(shape.members, std::string_view(key), &Member::name);
    if (known != shape.members.end()) continue;
    std::string text =
        "ECS ignores this member: " + std::string(shape.name) + " has no \"" + key + "\"";
    for (const Member& member : shape.members)
      if (folded(member.name) == folded(key))
        text += "; did you mean \"" + std::string(member.name) + "\"?";
    notes.push_back({node[key].path(), std::move(text)});
  }
  for (const Member& member : shape.members) {
    if (member.kind == Kind::kStruct) find_unknown(node[member.name], *member.shape, notes);
    if (member.kind == Kind::kStructs)
      for (const Node& item : node[member.name].items()) find_unknown(item, *member.shape, notes);
  }
}

Json canonical_value(const Json& value, Kind kind, const Shape* shape) {
  if (kind == Kind::kStruct) return canonical(value, *shape);
  if (!is_list(kind) && kind != Kind::kStringMap) return value;
  Json out = kind == Kind::kStringMap ? Json::object() : Json::array();
  if (kind == Kind::kStringMap) {
    for (const auto& [key, child] : value.items())
      if (child.is_string()) out[key] = child;
    return out;
  }
  for (const Json& child : value)
    if (right_type(child, element_of(kind)))
      out.push_back(canonical_value(child, element_of(kind), shape));
  return out;
}

}  // namespace

std::vector<Problem> check_types(const Json& value, const Shape& shape) {
  TypeCheck check;
  check.structure(value, shape, "");
  return std::move(check.problems);
}

std::vector<Problem> check_members(const Json& value, const Shape& shape) {
  MemberCheck check;
  check.structure(Node(value), shape);
  return std::move(check.problems);
}

std::vector<Note> unknown_members(const Json& value, const Shape& shape) {
  std::vector<Note> notes;
  find_unknown(Node(value), shape, notes);
  return notes;
}

Json canonical(const Json& value, const Shape& shape) {
  Json out = Json::object();
  for (const Member& member : shape.members) {
    const Json* child = json_find(value, member.name);
    if (child && right_type(*child, member.kind))
      out[std::string(member.name)] = canonical_value(*child, member.kind, member.shape);
  }
  return out;
}

}  // namespace drydock::taskdef
