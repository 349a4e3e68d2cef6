#include <nlohmann/json.hpp>

#include "api/efs/operations.h"
#include "base/clock.h"
#include "base/ids.h"

namespace drydock::api::efs {
namespace {

using volumes::AccessPoint;
using volumes::EfsState;

Json described(const Call& call, const AccessPoint& point) {
  Json out = {{"ClientToken", point.token.empty() ? point.id : point.token}};
  if (const auto name = point.tags.find("Name"); name != point.tags.end())
    out["Name"] = name->second;
  out["Tags"] = tags_json(point.tags);
  out["AccessPointId"] = point.id;
  out["AccessPointArn"] = arn(call, "access-point/" + point.id);
  out["FileSystemId"] = point.file_system;
  out.update(volumes::access_point_json(point));
  out["OwnerId"] = call.caller.account;
  out["LifeCycleState"] = "available";
  return out;
}

// The tags of a file system or an access point; null when there is none of that id.
volumes::Tags* tags_in(EfsState& state, const std::string& id) {
  if (const auto fs = state.file_systems.find(id); fs != state.file_systems.end())
    return &fs->second.tags;
  const auto point = state.access_points.find(id);
  return point == state.access_points.end() ? nullptr : &point->second.tags;
}

tl::unexpected<control::ApiError> nothing_of(const std::string& id) {
  return id.starts_with("fsap-") ? no_access_point(id) : no_file_system(id);
}

Answer<Json> change_tags(const Call& call, const std::function<void(volumes::Tags&)>& change) {
  const std::string id = plain_id(call.id);
  const Status done = call.context.volumes->efs().change([&](EfsState& state) -> Status {
    volumes::Tags* tags = tags_in(state, id);
    if (!tags) return fail(Errc::kNotFound, "");
    change(*tags);
    return {};
  });
  if (!done && done.error().code == Errc::kNotFound) return nothing_of(id);
  if (!done) return failed(done.error());
  return Json();
}

}  // namespace

Answer<Json> create_access_point(const Call& call) {
  auto made = volumes::access_point_of(call.input);
  if (!made) return failed(made.error());
  AccessPoint point = std::move(*made);
  point.id = "fsap-" + random_hex(9).substr(0, 17);
  point.token = json_string(call.input, "ClientToken");
  if (point.token.size() > 64)
    return refuse("BadRequest", "ClientToken must have 1 to 64 characters.");
  DRYDOCK_LET(point.tags, tags_of(call.input, "Tags"));
  point.created = epoch_seconds(now());
  std::string same;
  const Status done = call.context.volumes->efs().change([&](EfsState& state) -> Status {
    if (!state.file_systems.count(point.file_system)) return fail(Errc::kNotFound, "");
    for (const auto& [id, other] : state.access_points)
      if (!point.token.empty() && other.token == point.token) same = id;
    if (!same.empty()) return fail(Errc::kExists, "");
    state.access_points[point.id] = point;
    return {};
  });
  if (!same.empty())
    return refuse(
        "AccessPointAlreadyExists",
        "Access point '" + same + "' was made with the client token '" + point.token + "'", 409);
  if (!done && done.error().code == Errc::kNotFound) return no_file_system(point.file_system);
  if (!done) return failed(done.error());
  return described(call, point);
}

Answer<Json> describe_access_points(const Call& call) {
  const auto& query = call.request.query;
  const std::string id = plain_id(http::query_value(query, "AccessPointId").value_or(""));
  const std::string fs = plain_id(http::query_value(query, "FileSystemId").value_or(""));
  const auto state = call.context.volumes->efs().state();
  if (!fs.empty() && !state->file_systems.count(fs)) return no_file_system(fs);
  std::vector<Json> items;
  for (const auto& [known, point] : state->access_points)
    if ((id.empty() || id == known) && (fs.empty() || fs == point.file_system))
      items.push_back(described(call, point));
  if (!id.empty() && items.empty()) return no_access_point(id);
  const std::string next =
      cut_page(call.request, "NextToken", "MaxResults", "AccessPointId", items);
  Json out = {{"AccessPoints", items}};
  if (!next.empty()) out["NextToken"] = next;
  return out;
}

Answer<Json> delete_access_point(const Call& call) {
  const std::string id = plain_id(call.id);
  const Status done = call.context.volumes->efs().change([&](EfsState& state) -> Status {
    const auto known = state.access_points.find(id);
    if (known == state.access_points.end()) return fail(Errc::kNotFound, "");
    if (known->second.configured)
      return fail(Errc::kInvalid, "Access point '" + id +
                                      "' comes from the daemon's configuration "
                                      "(volumes.access_points); take it out there.");
    state.access_points.erase(known);
    return {};
  });
  if (!done && done.error().code == Errc::kNotFound) return no_access_point(id);
  if (!done) return failed(done.error());
  return Json();
}

Answer<Json> list_tags(const Call& call) {
  const std::string id = plain_id(call.id);
  EfsState state = *call.context.volumes->efs().state();
  const volumes::Tags* tags = tags_in(state, id);
  if (!tags) return nothing_of(id);
  return Json{{"Tags", tags_json(*tags)}};
}

Answer<Json> tag(const Call& call) {
  DRYDOCK_LET(const volumes::Tags more, tags_of(call.input, "Tags"));
  return change_tags(call, [&](volumes::Tags& tags) {
    for (const auto& [key, value] : more) tags[key] = value;
  });
}

Answer<Json> untag(const Call& call) {
  return change_tags(call, [&](volumes::Tags& tags) {
    std::string_view rest = call.request.query;
    while (!rest.empty()) {  // tagKeys comes once a key
      const auto end = std::min(rest.find('&'), rest.size());
      if (const auto key = http::query_value(rest.substr(0, end), "tagKeys")) tags.erase(*key);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  });
}

}  // namespace drydock::api::efs
