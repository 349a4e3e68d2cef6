#include "secrets/find.h"

#include <algorithm>

namespace drydock::secrets {
namespace {

// The part of an ARN of six or more between the colons `index` and `index` + 1.
std::string field(std::string_view arn, int index) {
  for (; index > 0; --index) {
    const auto colon = arn.find(':');
    if (colon == arn.npos) return {};
    arn.remove_prefix(colon + 1);
  }
  return std::string(arn.substr(0, arn.find(':')));
}

// All that follows the colon `index`.
std::string rest(std::string_view arn, int index) {
  for (; index > 0; --index) {
    const auto colon = arn.find(':');
    if (colon == arn.npos) return {};
    arn.remove_prefix(colon + 1);
  }
  return std::string(arn);
}

bool is_there(const SecretPtr& secret, Millis now) {
  return secret && (secret->purged == 0 || secret->purged > now);
}

SecretPtr alive(const SecretPtr& secret) {
  return secret && secret->deleted == 0 ? secret : nullptr;
}

ParameterPtr with_or_without_slash(const Contents& contents, const Place& place,
                                   const std::string& name) {
  if (auto found = contents.parameter(place, name)) return found;
  if (name.starts_with('/')) return contents.parameter(place, std::string_view(name).substr(1));
  return contents.parameter(place, "/" + name);
}

}  // namespace

SecretPtr find_secret(const Contents& contents, const Place& place, const std::string& id,
                      Millis now) {
  SecretPtr found;
  if (!id.starts_with("arn:")) {
    found = contents.secret(place, id);
  } else {
    const Place there{field(id, 3), field(id, 4)};
    if (there.region != place.region) return nullptr;  // an endpoint knows its own region only
    const std::string name = rest(id, 6);
    // The partial ARN, then the whole one.
    found = contents.secret(there, name);
    if (!found) {
      found = contents.secret(there, without_suffix(name));
      if (found && found->arn != id) found = nullptr;
    }
  }
  return is_there(found, now) ? found : nullptr;
}

SecretPtr find_task_secret(const Contents& contents, const Place& task, const ValueFrom& wanted) {
  std::vector<Place> places;
  if (!wanted.region.empty()) places.push_back({wanted.region, wanted.account});
  if (places.empty() || places.front() != task) places.push_back(task);
  for (const Place& place : places)
    for (const std::string& name : {wanted.name, without_suffix(wanted.name)})
      if (auto found = alive(contents.secret(place, name))) return found;
  return nullptr;
}

ParameterId parse_parameter_id(const Place& place, std::string_view text) {
  ParameterId id{place, std::string(text), {}};
  if (text.starts_with("arn:")) {
    constexpr std::string_view kType = "parameter";
    id.place = {field(text, 3), field(text, 4)};
    id.name = rest(text, 5);
    if (id.name.starts_with(kType)) id.name.erase(0, kType.size());
    // "/x" of an ARN is the parameter "x"; "/a/x" is a path.
    if (id.name.starts_with('/') && id.name.find('/', 1) == std::string::npos) id.name.erase(0, 1);
  }
  if (const auto colon = id.name.find(':'); colon != std::string::npos) {
    id.selector = id.name.substr(colon + 1);
    id.name.resize(colon);
  }
  return id;
}

ParameterPtr find_task_parameter(const Contents& contents, const Place& task,
                                 const ValueFrom& wanted) {
  const ParameterId id = parse_parameter_id(task, wanted.name);  // a version may be named
  if (!wanted.region.empty())
    if (auto found = with_or_without_slash(contents, {wanted.region, wanted.account}, id.name))
      return found;
  if (auto found = contents.parameter(task, id.name)) return found;
  return wanted.region.empty() ? nullptr : with_or_without_slash(contents, task, id.name);
}

}  // namespace drydock::secrets
