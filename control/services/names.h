#pragma once
#include <string>

// Random names in the forms of ECS (api.md 1.5).
namespace drydock::control::services {

std::string new_revision_number();        // 19 digits
std::string new_deployment_id();          // "ecs-svc/<19 digits>"
std::string new_service_deployment_id();  // 21 letters, digits, '-' and '_'

}  // namespace drydock::control::services
