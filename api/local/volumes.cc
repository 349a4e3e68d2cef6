#include <nlohmann/json.hpp>

#include "api/local/routes.h"
#include "api/protocol.h"
#include "volumes/volumes.h"

namespace drydock::api::local {
namespace {

Json point_json(const volumes::AccessPoint& point) {
  Json out = {{"AccessPointId", point.id}};
  out.update(volumes::access_point_json(point));
  return out;
}

Json row_json(const volumes::VolumeRow& row) {
  Json out = {{"name", row.name},  {"kind", row.kind},         {"folder", row.folder},
              {"size", row.bytes}, {"complete", row.complete}, {"usedBy", row.used_by}};
  if (row.created > 0) out["createdAt"] = row.created;
  if (row.kind == "efs") {
    out["mapped"] = row.mapped;
    out["accessPoints"] = Json::array();
    for (const auto& point : row.access_points) out["accessPoints"].push_back(point_json(point));
  }
  if (!row.labels.empty()) out["labels"] = row.labels;
  if (row.kind == "ebs")
    if (auto facts = parse_json(row.facts); facts && facts->is_object())
      for (const char* name : {"name", "sizeInGiB", "filesystemType"})
        if (const Json* value = json_find(*facts, name))
          out[std::string(name) == "name" ? "volumeName" : name] = *value;
  return out;
}

http::Response list(const Context& context) {
  Json rows = Json::array();
  for (const auto& row : context->volumes->list(true)) rows.push_back(row_json(row));
  return ok({{"volumes", std::move(rows)}});
}

http::Response prune(const Context& context, const Json& input) {
  const auto gone = context->volumes->prune(json_bool(input, "dryRun"));
  if (!gone) return problem(gone.error());
  Json names = Json::array();
  std::uint64_t freed = 0;
  for (const auto& row : *gone) {
    names.push_back(row.name);
    freed += row.bytes;
  }
  return ok({{"removed", std::move(names)}, {"freed", freed}});
}

http::Response map(const Context& context, const Json& input) {
  const auto done =
      context->volumes->map(json_string(input, "fileSystemId"), json_string(input, "folder"));
  if (!done) return problem(done.error());
  const std::string hidden = context->volumes->hidden_data(json_string(input, "fileSystemId"));
  return ok(hidden.empty() ? Json::object() : Json{{"hidden", hidden}});
}

}  // namespace

http::Response volumes(const Context& context, const http::Request& request,
                       std::string_view rest) {
  if (context->facts.dry) return absent_when_dry("volumes");
  if (!context->volumes) return problem(404, "NotFound", "This daemon has no volumes.");
  if (request.method == "GET" && rest.empty()) return list(context);
  if (request.method == "POST") {
    const auto input = input_of(request.body);
    if (!input) return problem(input.error());
    if (rest == "/prune") return prune(context, *input);
    if (rest == "/map") return map(context, *input);
    return problem(404, "NotFound", "POST takes volumes/prune and volumes/map.");
  }
  const std::string name = http::percent_decode(rest.substr(std::min<std::size_t>(1, rest.size())));
  if (request.method == "GET") {
    const auto row = context->volumes->find(name);
    return row ? ok(row_json(*row)) : problem(row.error());
  }
  if (request.method == "DELETE") {
    const auto gone = context->volumes->remove(name);
    return gone ? ok({{"removed", name}}) : problem(gone.error());
  }
  return problem(404, "NotFound", "Volumes take GET, POST and DELETE.");
}

}  // namespace drydock::api::local
