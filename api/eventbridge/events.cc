#include <chrono>
#include <nlohmann/json.hpp>

#include "api/eventbridge/operations.h"
#include "base/ids.h"

// Events of clients, patterns on trial, and the one bus there is.
namespace drydock::api::eventbridge {
namespace {

using control::Answer;
using control::Caller;
using control::Control;

constexpr std::size_t kMostEntries = 10;
constexpr std::size_t kMostBytes = 256u << 10;  // of all entries together

Json bus(const Caller& who) {
  return {{"Name", "default"},
          {"Arn", "arn:aws:events:" + who.region + ":" + who.account + ":event-bus/default"}};
}

Json refused(const char* code, const std::string& message) {
  return {{"ErrorCode", code}, {"ErrorMessage", message}};
}

Time time_of(const Json& entry) {
  const Json* at = json_find(entry, "Time");
  if (!at || !at->is_number()) return now();
  const double seconds = at->get<double>();
  if (!(seconds > 0) || seconds > 4e9) return now();
  return Time(std::chrono::seconds(static_cast<std::int64_t>(seconds)));
}

// One of the entries: its id, or why it is none.
Json put_entry(Control& c, const Caller& who, const Json& entry) {
  for (const char* name : {"Source", "DetailType", "Detail"})
    if (json_string(entry, name).empty())
      return refused("InvalidArgument", std::string("Parameter ") + name +
                                            " is not valid. Reason: " + name +
                                            " is a required argument.");
  const std::string bus_name = json_string(entry, "EventBusName", "default");
  if (bus_name != "default" && !bus_name.ends_with(":event-bus/default"))
    return refused("ResourceNotFoundException", "Event bus " + bus_name + " does not exist.");
  control::events::Event event;
  event.source = json_string(entry, "Source");
  if (event.source.starts_with("aws."))
    return refused("NotAuthorizedForSourceException", "Not authorized for the source.");
  auto detail = parse_json(json_string(entry, "Detail"));
  if (!detail || !detail->is_object()) return refused("MalformedDetail", "Detail is malformed.");
  event.id = random_uuid();
  event.at = time_of(entry);
  event.detail_type = json_string(entry, "DetailType");
  event.region = who.region;
  event.account = who.account;
  if (const Json* resources = json_find(entry, "Resources"); resources && resources->is_array())
    for (const Json& one : *resources)
      if (one.is_string()) event.resources.push_back(one.get<std::string>());
  event.detail = std::make_shared<const Json>(std::move(*detail));
  c.events.publish(event);
  return {{"EventId", event.id}};
}

Answer<Json> put_events(Control& c, const Caller& who, const Json& in) {
  const Json& entries = in["Entries"];
  if (entries.empty() || entries.size() > kMostEntries)
    return control::refuse("ValidationException",
                           "1 validation error detected: Value at 'entries' failed to satisfy "
                           "constraint: Member must have length between 1 and 10");
  if (dump_json(entries).size() > kMostBytes)
    return control::refuse("ValidationException",
                           "Total size of the entries in the request is over the limit.");
  Json out = Json::array();
  int failed = 0;
  for (const Json& entry : entries) {
    out.push_back(put_entry(c, who, entry));
    failed += out.back().contains("ErrorCode");
  }
  return Json{{"FailedEntryCount", failed}, {"Entries", std::move(out)}};
}

Answer<Json> test_pattern(Control&, const Caller&, const Json& in) {
  const auto pattern = control::events::EventPattern::parse(json_string(in, "EventPattern"));
  if (!pattern)
    return control::refuse("InvalidEventPatternException",
                           "Event pattern is not valid. Reason: " + pattern.error().message);
  const auto event = parse_json(json_string(in, "Event"));
  if (!event || !event->is_object())
    return control::refuse("ValidationException", "Parameter Event is not valid.");
  for (const char* name : {"id", "account", "source", "time", "region", "resources", "detail-type"})
    if (!event->contains(name))
      return control::refuse("ValidationException",
                             std::string("Parameter Event is not valid. Reason: ") + name +
                                 " is a required argument.");
  return Json{{"Result", pattern->matches(*event)}};
}

Answer<Json> describe_bus(Control&, const Caller& who, const Json& in) {
  const std::string name = json_string(in, "Name", "default");
  if (name == "default" || name == json_string(bus(who), "Arn")) return bus(who);
  return control::refuse("ResourceNotFoundException", "Event bus " + name + " does not exist.");
}

Answer<Json> list_buses(Control&, const Caller& who, const Json& in) {
  Json buses = Json::array();
  if (std::string_view("default").starts_with(json_string(in, "NamePrefix")))
    buses.push_back(bus(who));
  return Json{{"EventBuses", std::move(buses)}};
}

}  // namespace

std::vector<EventsOperation> event_operations() {
  return {
      {"Entries", {"PutEvents", "Entries: [EventsEntry], EndpointId: str", true, put_events}},
      {"EventPattern Event",
       {"TestEventPattern", "EventPattern: str, Event: str", false, test_pattern}},
      {"", {"DescribeEventBus", "Name: str", false, describe_bus}},
      {"", {"ListEventBuses", "NamePrefix: str, NextToken: str, Limit: int", false, list_buses}},
  };
}

}  // namespace drydock::api::eventbridge
