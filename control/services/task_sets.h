#pragma once
#include <string>
#include <vector>

#include "control/services/documents.h"
#include "control/services/scheduler.h"

// Task sets, which are to the deployment controller EXTERNAL what deployments are to ECS
// (api.md 4.2). Pure.
namespace drydock::control::services {

// How many tasks it is to have: its scale of the service's desired count, rounded up.
int computed_count(const Service& service, const TaskSet& set);

// The rules of schedule(), for each task set by itself: it is kept as a service with one deployment
// and its computed count would be. One that is DRAINING is dropped with its last task; tasks of no
// task set are stopped. Tasks of one set are started in a turn; for the others it is asked again at
// once.
Decision schedule_task_sets(Service service, const std::vector<TaskFacts>& tasks, Time now,
                            const SchedulerSettings& settings);

// The deployment, or that of the task set, with an id; null when there is none.
Deployment* deployment_named(Service& service, const std::string& id);
const Deployment* deployment_named(const Service& service, const std::string& id);
// The task set with an id or ARN; null when there is none.
TaskSet* task_set_named(Service& service, const std::string& id_or_arn);
const TaskSet* task_set_named(const Service& service, const std::string& id_or_arn);

// "arn:aws:ecs:R:A:task-set/C/S/ecs-svc/<19 digits>"
std::string task_set_arn(const Service& service, const TaskSet& set);
// As the API shows it.
Json task_set_json(const Service& service, const TaskSet& set, const Revisions& revisions,
                   const Counts& counts, bool with_tags);

// The client changed how many tasks there are to be: nothing is steady until the scheduler says so.
void unsettle(TaskSet& set, Time now);
// Makes it PRIMARY, and what was so ACTIVE: what its tasks are made from shows in the service.
void make_primary(Service& service, TaskSet& set, const Revision& revision, Time now);

}  // namespace drydock::control::services
