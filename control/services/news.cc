#include "control/services/news.h"

#include <algorithm>

#include "control/services/events.h"

namespace drydock::control::services {
namespace {

using events::ServiceNews;

// The failure's reason in a text of not_placed_text(); what is none is an error's text.
std::string reason_in(std::string_view text) {
  constexpr std::string_view kReason = "Reason: ";
  constexpr std::string_view kError = "encountered error \"";
  if (const auto at = text.find(kReason); at != text.npos) {
    std::string reason(text.substr(at + kReason.size()));
    if (reason.ends_with('.')) reason.pop_back();
    return reason;
  }
  if (const auto at = text.find(kError); at != text.npos) {
    const auto begin = at + kError.size();
    return std::string(text.substr(begin, text.find('"', begin) - begin));
  }
  if (text.find("insufficient CPU") != text.npos) return "RESOURCE:CPU";
  return text.find("insufficient memory") != text.npos ? "RESOURCE:MEMORY" : "RESOURCE:PORTS";
}

ServiceNews not_placed(std::string_view text) {
  std::string reason = reason_in(text);
  const bool hindered = text.find("no container instance met") != text.npos;
  const bool of_placement =
      hindered || reason.starts_with("RESOURCE:") || reason.starts_with("ATTRIBUTE");
  if (of_placement && !hindered) reason.resize(std::min(reason.find(' '), reason.size()));
  return {{},
          "ERROR",
          of_placement ? "SERVICE_TASK_PLACEMENT_FAILURE" : "SERVICE_TASK_CONFIGURATION_FAILURE",
          reason,
          {},
          {}};
}

// By the texts of events.h; nothing for those that ECS sends no action for.
std::optional<ServiceNews> action_of(std::string_view message) {
  const auto says = [&](std::string_view text) { return message.find(text) != message.npos; };
  if (says(kSteady)) return ServiceNews{{}, "INFO", "SERVICE_STEADY_STATE", {}, {}, {}};
  if (says(kImpaired)) return ServiceNews{{}, "WARN", "SERVICE_TASK_START_IMPAIRED", {}, {}, {}};
  if (says("was unable to place a task")) return not_placed(message);
  return std::nullopt;
}

ServiceNews news_of(const Deployment& d) {
  ServiceNews news{d.id, "INFO", "SERVICE_DEPLOYMENT_IN_PROGRESS", d.reason, d.id, d.updated_at};
  if (d.state == RolloutState::kCompleted) news.name = "SERVICE_DEPLOYMENT_COMPLETED";
  if (d.state == RolloutState::kFailed) {
    news.type = "ERROR";
    news.name = "SERVICE_DEPLOYMENT_FAILED";
  }
  return news;
}

}  // namespace

Told told_of(const Service& service) {
  Told told;
  for (const Deployment& d : service.deployments) told[d.id] = d.state;
  return told;
}

std::vector<ServiceNews> news_of(const Service& service, const std::vector<Event>& fresh,
                                 Told& told) {
  std::vector<ServiceNews> news;
  for (auto d = service.deployments.rbegin(); d != service.deployments.rend(); ++d) {
    const auto before = told.find(d->id);
    if (before != told.end() && before->second == d->state) continue;
    news.push_back(news_of(*d));
  }
  told = told_of(service);
  for (auto e = fresh.rbegin(); e != fresh.rend(); ++e) {
    auto action = action_of(e->message);
    if (!action) continue;
    action->id = e->id;
    action->at = e->at;
    news.push_back(std::move(*action));
  }
  return news;
}

}  // namespace drydock::control::services
