#pragma once
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/loop.h"
#include "control/clusters.h"
#include "control/services/balancing.h"
#include "control/services/documents.h"
#include "control/services/news.h"
#include "control/services/scheduler.h"
#include "control/task_protection.h"
#include "control/tasks.h"

namespace drydock::control {

class Instances;

struct ServicesOptions {
  services::SchedulerSettings scheduler = {};
  Duration keep_inactive = std::chrono::hours(1);  // how long a deleted service can be described
  services::BalancingOptions balancing = {};
};

// The services of every account and region, and what keeps their tasks running. It looks at a
// service after a request, a change of one of its tasks, and when the scheduler asked for it; it
// never polls. Loop thread only. Requests are shape-checked JSON in the members of the API.
class Services {
 public:
  Services(Loop& loop, Store& store, const Clusters& clusters, Tasks& tasks,
           TaskProtection& protection, ServicesOptions options);
  ~Services();
  // Reads what the store holds, after the tasks were read; the loop looks at every service when it
  // runs.
  Status restore();

  Answer<Json> create(const Caller& caller, const Json& request);
  Answer<Json> update(const Caller& caller, const Json& request);
  Answer<Json> remove(const Caller& caller, const Json& request);
  Answer<Json> describe(const Caller& caller, const Json& request) const;
  Answer<Page> list(const Caller& caller, const Json& request, PageRequest page) const;

  Answer<Json> list_deployments(const Caller& caller, const Json& request, PageRequest page) const;
  Answer<Json> describe_deployments(const Caller& caller, const Json& request) const;
  Answer<Json> describe_revisions(const Caller& caller, const Json& request) const;
  Answer<Json> stop_deployment(const Caller& caller, const Json& request);

  // ListTasks by serviceName: ServiceNotFoundException when there is none.
  Answer<bool> known(const Caller& caller, const Json& request) const;
  // Adds a cluster's services to its counts.
  void count(const std::string& cluster_arn, TaskCounts& counts) const;

  // Task sets; `request` names a service with the deployment controller EXTERNAL.
  Answer<Json> create_task_set(const Caller& caller, const Json& request);
  Answer<Json> update_task_set(const Caller& caller, const Json& request);
  Answer<Json> delete_task_set(const Caller& caller, const Json& request);
  Answer<Json> make_task_set_primary(const Caller& caller, const Json& request);
  Answer<Json> describe_task_sets(const Caller& caller, const Json& request) const;
  Answer<Json> task_set_tags(const std::string& arn) const;
  Answer<bool> tag_task_set(const std::string& arn, const Json& add,
                            const std::vector<std::string>& remove);

  // ListServicesByNamespace.
  Answer<Page> list_by_namespace(const Caller& caller, const Json& request, PageRequest page) const;
  // ContinueServiceDeployment.
  Answer<Json> continue_deployment(const Caller& caller, const Json& request) const;

  Answer<Json> tags(const std::string& arn) const;
  Answer<bool> tag(const std::string& arn, const Json& add, const std::vector<std::string>& remove);

  // What the balancer tells of a target.
  void target_changed(const std::string& group, const std::string& task, netns::TargetHealth health,
                      const std::string& why);
  const services::Balancing& balancing() const { return balancing_; }
  // Where tasks of launch type EC2 are: a DAEMON service has one on each instance, and tasks on one
  // that is DRAINING are replaced.
  void follow(Instances& instances);
  // `fn` is told what there is to tell EventBridge of; one listener, for good.
  void on_news(std::function<void(const services::Service&, const events::ServiceNews&)> fn) {
    news_ = std::move(fn);
  }

  // The daemon stops all tasks: none is started in their place any more.
  void pause() { paused_ = true; }
  void forget_all();  // reset: memory only
  std::size_t size() const { return services_.size(); }

 private:
  struct Entry {
    services::Service service;
    std::set<std::string> ids;       // of its tasks; STOPPED ones until the scheduler saw that
    std::set<std::string> draining;  // to be stopped once their connections have ended
    std::string stored;              // what the store has
    services::Told told;             // to EventBridge
    Loop::Handle timer;
  };
  using Entries = std::map<std::string, Entry>;  // by ARN

  // keeper.cc
  void look(const std::string& arn);
  void look_at_due();
  void evaluate(const std::string& arn);
  void act(services::Service& service, const services::Decision& decision);
  void start(services::Service& service, const std::string& deployment, int count);
  // How many tasks were started of `count`; stops at the first that cannot be.
  void start_some(services::Service& service, const std::string& deployment,
                  const std::string& provider, int count, std::vector<std::string>& started,
                  std::string& problem);
  void roll_back(services::Service& service, const std::string& reason);
  void keep(Entry& entry);
  void plan_next(const std::string& arn, Entry& entry, std::optional<Time> next);
  void task_changed(const std::string& id);
  std::vector<services::TaskFacts> facts(const Entry& entry) const;
  // Of a DAEMON service: as many as there are instances.
  void settle_desired(services::Service& service) const;
  std::map<std::string, services::Counts> counts(const Entry& entry) const;
  void drop(const std::string& arn);

  // keeper_targets.cc
  const services::Revision* revision_of(const services::Service& service,
                                        const std::string& deployment) const;
  void open_groups(services::Service& service);
  void take_targets(Entry& entry);
  void stop_some(services::Service& service, const std::vector<services::Stop>& stops);
  void drained(const std::string& arn, const services::Stop& stop);
  void release_groups();

  // requests_made.cc
  Answer<RunPlan> checked_plan(const Caller& caller, const services::Service& service,
                               const Json& settings, TaskDefinitions::RevisionPtr kept) const;
  std::string make_revision(const services::Service& service, const RunPlan& plan);
  void deploy(services::Service& service, const RunPlan& plan);
  void prune_revisions(const services::Service& service);

  // task_sets_made.cc
  struct Named {
    Entry* entry;
    services::TaskSet* set;
  };
  Answer<Entry*> external(const Caller& caller, const Json& request);
  Answer<Named> named_set(const Caller& caller, const Json& request, const char* member);
  const Entry* entry_of_set(const std::string& arn) const;
  Json shown_set(const Entry& entry, const services::TaskSet& set, bool with_tags) const;
  Json changed_set(Entry& entry, const std::string& id);

  // listed.cc
  const Entry* lookup(const Caller& caller, const Clusters::Ref& cluster,
                      const std::string& name_or_arn) const;
  Entry* lookup(const Caller& caller, const Clusters::Ref& cluster, const std::string& name_or_arn);
  Answer<Entry*> active(const Caller& caller, const Json& request);
  // By the ARN of a service deployment or revision ("<type>/<cluster>/<service>/<id>").
  const Entry* owner(const Caller& caller, const char* type, const std::string& arn) const;
  Json shown(const Entry& entry, bool with_tags) const;

  Loop& loop_;
  Store& store_;
  const Clusters& clusters_;
  Tasks& tasks_;
  TaskProtection& protection_;
  ServicesOptions options_;
  Instances* instances_ = nullptr;
  Entries services_;
  services::Revisions revisions_;
  services::Balancing balancing_;
  std::set<std::string> due_;  // to be looked at in the next turn of the loop
  bool posted_ = false;
  bool paused_ = false;
  std::function<void(const services::Service&, const events::ServiceNews&)> news_;
};

}  // namespace drydock::control
