#pragma once
#include <string>
#include <string_view>
#include <tl/expected.hpp>

// What is wrong with, or worth knowing about, one place of a task definition.
namespace drydock::taskdef {

inline constexpr std::string_view kClientException = "ClientException";
inline constexpr std::string_view kInvalidParameter = "InvalidParameterException";
inline constexpr std::string_view kSerialization = "SerializationException";

// A reason for ECS to refuse: `code` and `message` are what its API answers.
struct Problem {
  std::string
      path;  // "containerDefinitions[1].portMappings[0].hostPort"; empty: the whole document
  std::string code;
  std::string message;
  bool operator==(const Problem&) const = default;
};

// Something a person should know although nothing is refused.
struct Note {
  std::string path;
  std::string text;
  bool operator==(const Note&) const = default;
};

// A value, or the answer the API gives instead.
template <class T>
using Checked = tl::expected<T, Problem>;

}  // namespace drydock::taskdef
