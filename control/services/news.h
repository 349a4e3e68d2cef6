#pragma once
#include <map>
#include <string>
#include <vector>

#include "control/events/documents.h"
#include "control/services/service.h"

// What a service tells EventBridge (api.md part 6). Pure.
namespace drydock::control::services {

// How far the deployments of a service were told, by id.
using Told = std::map<std::string, RolloutState>;
Told told_of(const Service& service);

// The news since `told`, which is brought up to date: deployments that began or ended, and those of
// the events `fresh` (newest first) that ECS sends as service actions.
std::vector<events::ServiceNews> news_of(const Service& service, const std::vector<Event>& fresh,
                                         Told& told);

}  // namespace drydock::control::services
