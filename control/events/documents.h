#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "control/task_document.h"

// Events in the form of EventBridge (api.md part 6). Pure.
namespace drydock::control::events {

struct Event {
  std::string id;  // UUID; the same when an event comes again after the daemon was killed
  Time at{};
  std::string detail_type, source;
  std::string region, account;
  std::vector<std::string> resources;
  std::shared_ptr<const Json> detail;
  std::string cluster;  // by name: for the filter of `drydock events`; empty: of none
};

// The event's text: one line of JSON, without a line feed.
std::string event_line(const Event& event);
// "2026-03-01T08:15:04.123Z": times inside of `detail`.
std::string event_time(Time at);
// A UUID that is the same for the same text.
std::string uuid_of(const std::string& text);

// "ECS Task State Change": what DescribeTasks shows, with EventBridge's times and attachment types.
Event task_event(const TaskRecord& record, const runtime::TaskView& view, Time now);

// What the scheduler of services has to tell.
struct ServiceNews {
  std::string id;    // what makes it this one and no other
  std::string type;  // INFO, WARN, ERROR
  std::string name;  // SERVICE_STEADY_STATE, SERVICE_DEPLOYMENT_COMPLETED, ...
  std::string reason;
  std::string deployment;  // set: "ECS Deployment State Change", else "ECS Service Action"
  Time at{};
};
struct ServiceNames {
  std::string arn, cluster_name, cluster_arn, region, account;
};
Event service_event(const ServiceNames& service, const ServiceNews& news);

}  // namespace drydock::control::events
