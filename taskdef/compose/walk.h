#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "taskdef/compose/place.h"

// Readers for files whose shape is fixed: what each key's value is, and where it goes. What is
// given here must outlive the reading.
namespace drydock::taskdef::compose {

// Reads one member's value into its place.
using Put = std::function<Status(const Yaml& node, const std::string& path)>;
struct Member {
  std::string_view key;
  Put put;
};
// The members of a map, which go into an object.
using Fill = std::function<std::vector<Member>(Json&)>;

// Walks a map; what is not in `members` is a mistake worth a note.
Status walk(const Context& context, const Yaml& node, const std::string& path,
            const std::vector<Member>& members);
// Walks a list.
Status each(const Context& context, const Yaml& node, const std::string& path, const Put& put);

// The kinds of values, each for `to[member]`.
Put text(const Context& context, Json& to, const std::string& member);
Put flag(const Context& context, Json& to, const std::string& member);
Put number(const Context& context, Json& to, const std::string& member);
Put mib(const Context& context, Json& to, const std::string& member);
Put texts(const Context& context, Json& to, const std::string& member);
Put string_map(const Context& context, Json& to, const std::string& member);
// A map below, and a list of maps.
Put map(const Context& context, Json& to, const std::string& member, const Fill& fill);
Put maps(const Context& context, Json& to, const std::string& member, const Fill& fill);

}  // namespace drydock::taskdef::compose
