#pragma once
#include <string>
#include <vector>

#include "control/services/service.h"

// The events of a service, with ECS's texts (api.md 5.10).
namespace drydock::control::services {

// "(service S) <text>", as the newest event.
void tell(Service& service, Time now, const std::string& text);
// The same for what hinders a service: once until something else does, or 6 hours pass.
void complain(Service& service, Time now, const std::string& text);
// What hindered it is over.
void calm(Service& service);

// "has started 2 tasks: (task a) (task b)."
std::string started_text(const std::vector<std::string>& tasks);
// "has stopped 1 running tasks: (task a)."
std::string stopped_text(const std::vector<std::string>& tasks);
// "registered 1 targets in (target-group arn)", and "deregistered ...".
std::string registered_text(int count, const std::string& group);
std::string deregistered_text(int count, const std::string& group);
// "(port 80) is unhealthy in (target-group arn) due to (reason Request timed out)"
std::string unhealthy_target_text(int port, const std::string& group, const std::string& why);
// "(service S, taskSet ecs-svc/1) has begun draining connections on 2 tasks.", as the newest event.
void tell_draining(Service& service, Time now, const std::string& deployment, int count);
// A task that found no place: RunTask's failure (`arn`: the container instance), or an error's
// text.
std::string not_placed_text(const std::string& reason, const std::string& detail,
                            const std::string& arn = {});

inline constexpr char kImpaired[] =
    "is unable to consistently start tasks successfully. For more information, see the "
    "Troubleshooting section.";
inline constexpr char kHemmedIn[] =
    "was unable to stop or start tasks during a deployment because of the service deployment "
    "configuration. Update the minimumHealthyPercent or maximumPercent value and try again.";
inline constexpr char kSteady[] = "has reached a steady state.";
std::string protected_text(const std::string& deployment);

inline constexpr Duration kSaidAgainAfter = std::chrono::hours(6);

}  // namespace drydock::control::services
