#include "logrouter/drivers/option.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>

namespace drydock::logrouter {
namespace {

std::string image_name(const std::string& image) { return image.substr(0, image.find('@')); }

// What a field of the template stands for; nothing for an unknown one.
std::optional<std::string> field(std::string_view name, const LogSource& source) {
  if (name == ".ID") return short_id(source);
  if (name == ".FullID") return source.runtime_id;
  if (name == ".Name") return source.container;
  if (name == ".ImageName" || name == ".ImageFullName") return image_name(source.image);
  if (name == ".DaemonName") return "drydock";
  return std::nullopt;
}

std::vector<std::string> names_in(const std::string& list) {
  std::vector<std::string> names;
  for (std::size_t at = 0; at < list.size();) {
    const auto comma = std::min(list.find(',', at), list.size());
    if (comma > at) names.push_back(list.substr(at, comma - at));
    at = comma + 1;
  }
  return names;
}

}  // namespace

std::string short_id(const LogSource& source) { return source.runtime_id.substr(0, 12); }

Result<std::string> log_tag(const LogSource& source) {
  return taskdef::fill_tag(option_or(source.log_options, "tag", "{{.ID}}"),
                           [&](std::string_view name) { return field(name, source); });
}

std::map<std::string, std::string> extra_attributes(const LogSource& source) {
  std::map<std::string, std::string> extra;
  for (const auto& name : names_in(option_or(source.log_options, "labels", "")))
    if (const auto at = source.labels.find(name); at != source.labels.end())
      extra[name] = at->second;
  for (const auto& name : names_in(option_or(source.log_options, "env", "")))
    for (const auto& variable : source.environment)
      if (variable.name == name) extra[name] = variable.value;
  return extra;
}

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

}  // namespace drydock::logrouter
