#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

// YAML as values that still know where they stood: for Compose files, ecs-params.yml and templates.
namespace drydock::taskdef {

struct YamlMember;

// One node of a document. Aliases are replaced by what they name and merge keys (<<) are merged in.
struct Yaml {
  enum class Kind { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  std::string text;     // of a scalar, as written
  bool quoted = false;  // a scalar that is text whatever it looks like
  std::string tag;      // "!Ref", "!reset"; empty for none and for those YAML gives by itself
  int line = 0;         // from 1
  std::vector<Yaml> items;
  std::vector<YamlMember> members;  // in the file's order

  bool is_null() const { return kind == Kind::kNull; }
  bool is_scalar() const { return kind == Kind::kScalar; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_map() const { return kind == Kind::kMap; }
  // The member of a map, or nullptr; also for anything that is no map.
  const Yaml* find(std::string_view key) const;
  Yaml* find(std::string_view key);
};

struct YamlMember {
  std::string key;
  Yaml value;
};

struct YamlLimits {
  std::size_t bytes = 1u << 20;     // of text
  int depth = 64;                   // of lists and maps in one another
  std::size_t nodes = 100'000;      // aliases count as what they stand for
  std::size_t expanded = 8u << 20;  // bytes of scalars, counted in the same way
};

// The one document of `text`. kInvalid "line L, column C: what" for broken YAML, a limit, a second
// document, a key that is given twice, a key that is no scalar. An empty text is a null node.
Result<Yaml> read_yaml(std::string_view text, const YamlLimits& limits = {});

// As JSON by YAML 1.2's core types: true, 12, 1.5, ~ become what they look like, quoted ones stay
// text. Tags are left out.
Json yaml_json(const Yaml& node);

// A block-style YAML text of `json`, every text quoted that could be read as something else.
std::string yaml_text(const Json& json);

}  // namespace drydock::taskdef
