#include "control/events/documents.h"

#include <nlohmann/json.hpp>

#include "base/ids.h"

namespace drydock::control::events {
namespace {

void put_time(Json& out, const char* key, const std::optional<Time>& at) {
  if (at) out[key] = event_time(*at);
}

}  // namespace

std::string event_time(Time at) { return rfc3339_nano(at).substr(0, 23) + "Z"; }

std::string uuid_of(const std::string& text) {
  std::string h = sha256_hex(text).substr(0, 32);
  h[12] = '8';  // version 8: made from what the maker knows (RFC 9562, 5.8)
  h[16] = "89ab"[(h[16] <= '9' ? h[16] - '0' : h[16] - 'a' + 10) & 3];
  return h.substr(0, 8) + "-" + h.substr(8, 4) + "-" + h.substr(12, 4) + "-" + h.substr(16, 4) +
         "-" + h.substr(20);
}

std::string event_line(const Event& e) {
  return dump_json({{"version", "0"},
                    {"id", e.id},
                    {"detail-type", e.detail_type},
                    {"source", e.source},
                    {"account", e.account},
                    {"time", rfc3339_nano(e.at).substr(0, 19) + "Z"},
                    {"region", e.region},
                    {"resources", e.resources},
                    {"detail", e.detail ? *e.detail : Json::object()}});
}

Event task_event(const TaskRecord& record, const runtime::TaskView& v, Time now) {
  const runtime::TaskSpec& spec = *record.spec;
  Json detail = task_json(record, v, false);
  detail.erase("tags");  // they are in no event
  for (auto& attachment : detail["attachments"])
    if (attachment["type"] == "ElasticNetworkInterface") attachment["type"] = "eni";
  put_time(detail, "connectivityAt", v.connectivity_at);
  put_time(detail, "createdAt", v.created_at);
  put_time(detail, "executionStoppedAt", v.execution_stopped_at);
  put_time(detail, "pullStartedAt", v.pull_started_at);
  put_time(detail, "pullStoppedAt", v.pull_stopped_at);
  put_time(detail, "startedAt", v.started_at);
  put_time(detail, "stoppedAt", v.stopped_at);
  put_time(detail, "stoppingAt", v.stopping_at);
  detail["updatedAt"] = event_time(now);
  return {uuid_of(spec.task_arn + " " + std::to_string(v.version)),
          now,
          "ECS Task State Change",
          "aws.ecs",
          spec.region,
          spec.account,
          {spec.task_arn},
          std::make_shared<const Json>(std::move(detail)),
          spec.cluster_name};
}

Event service_event(const ServiceNames& service, const ServiceNews& news) {
  Json detail = {{"eventType", news.type}, {"eventName", news.name}};
  const bool deployment = !news.deployment.empty();
  if (deployment) {
    detail["deploymentId"] = news.deployment;
    detail["updatedAt"] = event_time(news.at);
  } else {
    detail["clusterArn"] = service.cluster_arn;
    detail["createdAt"] = event_time(news.at);
  }
  if (deployment || !news.reason.empty()) detail["reason"] = news.reason;
  return {uuid_of(service.arn + " " + news.id + " " + news.name),
          news.at,
          deployment ? "ECS Deployment State Change" : "ECS Service Action",
          "aws.ecs",
          service.region,
          service.account,
          {service.arn},
          std::make_shared<const Json>(std::move(detail)),
          service.cluster_name};
}

}  // namespace drydock::control::events
