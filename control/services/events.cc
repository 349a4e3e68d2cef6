#include "control/services/events.h"

namespace drydock::control::services {
namespace {

std::string listed(const char* head, const char* tail, const std::vector<std::string>& tasks) {
  std::string text = head + std::to_string(tasks.size()) + tail;
  for (const auto& id : tasks) text += " (task " + id + ")";
  return text + ".";
}

void put_first(Service& s, Time now, std::string message) {
  s.events.insert(s.events.begin(), Event{{}, now, std::move(message)});
  if (s.events.size() > kMostEvents) s.events.resize(kMostEvents);
}

// Of the closest container instance, by a failure's reason; empty: it has none.
std::string hindrance(const std::string& reason) {
  if (reason == "RESOURCE:PORTS") return "is already using a port required by your task";
  if (reason == "RESOURCE:CPU") return "has insufficient CPU units available";
  if (reason == "RESOURCE:MEMORY") return "has insufficient memory available";
  if (reason.find("placement constraint") != std::string::npos)
    return "encountered error \"" + reason + "\"";
  return {};
}

}  // namespace

void tell(Service& s, Time now, const std::string& text) {
  put_first(s, now, "(service " + s.name + ") " + text);
}

void tell_draining(Service& s, Time now, const std::string& deployment, int count) {
  put_first(s, now,
            "(service " + s.name + ", taskSet " + deployment +
                ") has begun draining connections on " + std::to_string(count) + " tasks.");
}

void complain(Service& s, Time now, const std::string& text) {
  if (s.trouble == text && s.trouble_at && now - *s.trouble_at < kSaidAgainAfter) return;
  tell(s, now, text);
  s.trouble = text;
  s.trouble_at = now;
}

void calm(Service& s) {
  s.trouble.clear();
  s.trouble_at.reset();
}

std::string started_text(const std::vector<std::string>& tasks) {
  return listed("has started ", " tasks:", tasks);
}

std::string stopped_text(const std::vector<std::string>& tasks) {
  return listed("has stopped ", " running tasks:", tasks);
}

std::string registered_text(int count, const std::string& group) {
  return "registered " + std::to_string(count) + " targets in (target-group " + group + ")";
}

std::string deregistered_text(int count, const std::string& group) {
  return "deregistered " + std::to_string(count) + " targets in (target-group " + group + ")";
}

std::string unhealthy_target_text(int port, const std::string& group, const std::string& why) {
  return "(port " + std::to_string(port) + ") is unhealthy in (target-group " + group +
         ") due to (reason " + why + ")";
}

std::string not_placed_text(const std::string& reason, const std::string& detail,
                            const std::string& arn) {
  const std::string more = detail.empty() ? "" : " (" + detail + ")";
  const std::string what = hindrance(reason);
  if (what.empty())
    return "was unable to place a task. Reason: " + reason + more +
           (reason.ends_with('.') && more.empty() ? "" : ".");
  const std::string id = arn.empty() ? "" : " " + arn.substr(arn.rfind('/') + 1);
  return "was unable to place a task because no container instance met all of its requirements. "
         "The closest matching container-instance" +
         id + " " + what + more +
         ". For more information, see the Troubleshooting section of the Amazon ECS Developer "
         "Guide.";
}

std::string protected_text(const std::string& deployment) {
  return "was unable to reach steady state because task set (" + deployment +
         ") was unable to scale in. Reason: The number of protected tasks are more than the "
         "desired count of tasks.";
}

}  // namespace drydock::control::services
