#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "taskdef/problem.h"

// The structures of the ECS API that make up a task definition, as tables: which members there are,
// of which JSON type, which are required, which values an enumeration has.
namespace drydock::taskdef {

enum class Kind {
  kString,
  kInteger,  // 32 bits
  kLong,     // 64 bits
  kBoolean,
  kEnum,
  kStruct,
  kStrings,   // list
  kIntegers,  // list
  kEnums,     // list
  kStructs,   // list
  kStringMap,
};

struct Shape;

// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): in the order in which tables write it
struct Member {
  std::string_view name;
  Kind kind;
  const Shape* shape = nullptr;  // kStruct, kStructs
  std::string_view values = {};  // kEnum, kEnums: "a|b|c"
  bool required = false;         // checked by check_members; not at the top level and in containers
};

struct Shape {
  std::string_view name;
  std::span<const Member> members;
};

// RegisterTaskDefinition's request, and RunTask's `overrides`.
const Shape& request_shape();
const Shape& override_shape();

// A SerializationException for every value of the wrong JSON type, as the wire layer of ECS
// answers; it looks at nothing else first. Strings with a NUL character are refused here too: no
// process could be given one.
std::vector<Problem> check_types(const Json& value, const Shape& shape);

// Required members that are absent or empty, and values an enumeration doesn't have.
std::vector<Problem> check_members(const Json& value, const Shape& shape);

// Members that ECS doesn't know. It ignores them; the note names the one that was probably meant.
std::vector<Note> unknown_members(const Json& value, const Shape& shape);

// The known, well-typed, non-null members in the order of the tables. Two documents that mean the
// same give the same text.
Json canonical(const Json& value, const Shape& shape);

}  // namespace drydock::taskdef
