#include "base/logging.h"
#include "runtime/engine/machine_jobs.h"
#include "runtime/engine/publish_plan.h"
#include "runtime/engine/task_network.h"

// A task's networks: its namespaces, and the ports that are published.
namespace drydock::runtime {

void MachineExecutor::acquire_network(const std::string& id) {
  Task* t = task(id);
  if (!t) return;
  auto work = [m = machine_, spec = t->spec]() -> Result<std::shared_ptr<TaskNetworks>> {
    DRYDOCK_LET(TaskNetworks networks, acquire_networks(m, *spec));
    if (auto made = prepare_task(m, *spec, networks.views); !made) {
      close_listeners(networks);
      (void)release_networks(m, *spec, networks.views);
      return tl::unexpected(std::move(made.error()));
    }
    return std::make_shared<TaskNetworks>(std::move(networks));
  };
  job(id, std::move(work), [this, id](Result<std::shared_ptr<TaskNetworks>> networks) {
    Task* ready = task(id);
    if (!ready) return;
    if (!networks) return report(id, nullptr, lifecycle::NetworkFailed{networks.error().message});
    TaskNetworks& got = **networks;
    ready->networks = std::move(got.views);
    for (UniqueFd& listener : got.listeners) events_.listener(id, std::move(listener));
    for (UniqueFd& listener : got.aws_listeners) events_.aws_listener(id, std::move(listener));
    for (std::string& note : network_notes(*ready->spec)) got.notes.push_back(std::move(note));
    const bool publishing = publishes(*ready->spec);
    report(
        id,
        [this, publishing, views = ready->networks, spec = ready->spec,
         notes = std::move(got.notes)](TaskFacts& facts) {
          facts.networks = views;
          facts.publishing = publishing;
          facts.notes.insert(facts.notes.end(), notes.begin(), notes.end());
          for (std::size_t i = 0; i < facts.containers.size(); ++i) {
            const ContainerFacts planned = planned_facts(machine_, *spec, i);
            facts.containers[i].bundle = planned.bundle;
            facts.containers[i].cgroup = planned.cgroup;
            facts.containers[i].log_folder = planned.log_folder;
          }
        },
        lifecycle::NetworkReady{publishing});
    publish_ports(id);
  });
}

void MachineExecutor::publish_ports(const std::string& id) {
  Task* t = task(id);
  if (!t || t->release_wanted || !publishes(*t->spec)) return;
  auto work = [m = machine_, spec = t->spec, views = t->networks] {
    return publish_networks(m, *spec, views);
  };
  job(id, std::move(work), [this, id](Result<PublishedPorts> published) {
    Task* here = task(id);
    if (!here) return;
    if (!published) {
      report(id, nullptr,
             lifecycle::StopRequested{"TaskFailedToStart",
                                      "ResourceInitializationError: unable to publish a port: " +
                                          published.error().message,
                                      false});
      return;
    }
    report(
        id,
        [spec = here->spec, ports = *published](TaskFacts& facts) {
          facts.publishing = false;
          add_published(*spec, ports, facts);
        },
        lifecycle::PortsPublished{});
  });
}

// After a restart of the daemon.
bool MachineExecutor::adopt_network(const std::string& id, TaskFacts& facts) {
  Task& t = tasks_.at(id);
  const auto known = remembered_network(machine_.paths, id);
  if (!known) return false;
  auto networks = reopen_networks(machine_, *t.spec, *known);
  if (!networks) {
    log::warn("task " + id + ": " + networks.error().message);
    return false;
  }
  t.networks = std::move(networks->views);
  facts.networks = t.networks;
  for (UniqueFd& listener : networks->listeners) events_.listener(id, std::move(listener));
  for (UniqueFd& listener : networks->aws_listeners) events_.aws_listener(id, std::move(listener));
  for (std::size_t i = 0; i < t.containers.size(); ++i)
    facts.containers[i] = planned_facts(machine_, *t.spec, i);
  PublishedPorts published;
  bool some = false;
  auto slot = known->begin();
  for (const NetworkView& view : t.networks) {
    published.emplace_back();
    if (view.slot < 0) continue;
    published.back() = (slot++)->published;
    some = some || !published.back().empty();
  }
  add_published(*t.spec, published, facts);
  if (!some)  // the daemon ended before it had published
    machine_.loop->post([this, id] { publish_ports(id); });
  return true;
}

}  // namespace drydock::runtime
