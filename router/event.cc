#include "router/event.h"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace drydock::router {
namespace {

Json time_value(Time at, const std::string& format) {
  const std::string text = rfc3339_nano(at);  // 2026-03-01T08:15:04.123456789Z
  if (format == "iso8601") return text.substr(0, 26) + "Z";
  if (format == "java_sql_timestamp") return text.substr(0, 10) + " " + text.substr(11, 15);
  const auto us = at.time_since_epoch().count() / 1000;
  if (format == "epoch") return us / 1000000;
  if (format == "epoch_ms") return us / 1000;
  return static_cast<double>(us) / 1e6;
}

}  // namespace

std::string packed(const Json& record) {
  const auto bytes = Json::to_msgpack(record);
  return {bytes.begin(), bytes.end()};
}

Json unpacked(const LogEvent& event) {
  Json record = Json::from_msgpack(event.record.begin(), event.record.end(), true, false);
  return record.is_object() ? record : Json::object();
}

std::string json_with_time(const LogEvent& event, const std::string& key,
                           const std::string& format) {
  const Json record = unpacked(event);
  if (key.empty() || key == "false") return dump_json(record);
  Json out = Json::object();
  out[key] = time_value(event.time, format);
  for (const auto& [name, value] : record.items()) out[name] = value;
  return dump_json(out);
}

std::string text_of(const LogEvent& event, const std::string& log_key) {
  const Json record = unpacked(event);
  if (log_key.empty()) return dump_json(record);
  const Json* value = json_find(record, log_key);
  if (!value) return {};
  return value->is_string() ? value->get<std::string>() : dump_json(*value);
}

}  // namespace drydock::router
