#include "runtime/dry/dry_executor.h"

#include "base/ids.h"

namespace drydock::runtime {
namespace {

constexpr int kKilled = 137;  // 128 + SIGKILL

const taskdef::ContainerDefinition& definition_of(const TaskSpec& spec, std::size_t container) {
  return spec.definition.containers[container];
}

std::string image_of(const TaskSpec& spec, std::size_t container) {
  const auto& c = definition_of(spec, container);
  const auto instead = spec.images.find(c.name);
  return instead == spec.images.end() ? c.image : instead->second;
}

// The digest in its name, else one that follows from the name.
std::string digest_of(const std::string& image) {
  const auto at = image.find("@sha256:");
  return at == image.npos ? "sha256:" + sha256_hex(image) : image.substr(at + 1);
}

std::string without_latest(const std::string& image) {
  constexpr std::string_view kLatest = ":latest";
  return image.ends_with(kLatest) ? image.substr(0, image.size() - kLatest.size()) : image;
}

}  // namespace

DryExecutor::Task* DryExecutor::task(const std::string& id) {
  const auto at = tasks_.find(id);
  return at == tasks_.end() ? nullptr : &at->second;
}

void DryExecutor::later(const std::string& id, std::function<void(Task&)> fn) {
  loop_.post([this, id, fn = std::move(fn)] {
    if (Task* t = task(id)) fn(*t);
  });
}

void DryExecutor::begin(std::shared_ptr<const TaskSpec> spec) {
  Task& t = tasks_[spec->task_id];
  t.spec = std::move(spec);
  t.containers.resize(t.spec->definition.containers.size());
  for (std::size_t i = 0; i < t.containers.size(); ++i)
    t.containers[i].rules = dry_rules(definition_of(*t.spec, i));
}

void DryExecutor::perform(const std::string& id, const lifecycle::Action& action) {
  struct Visitor {
    DryExecutor& self;
    const std::string& id;
    void operator()(const lifecycle::AcquireNetwork&) const {
      self.later(id, [&s = self, task_id = id](Task&) { s.acquire_network(task_id); });
    }
    void operator()(const lifecycle::PullImage& a) const {
      self.later(id, [&s = self, task_id = id, a](Task&) { s.pull(task_id, a.container); });
    }
    void operator()(const lifecycle::StartContainer& a) const {
      self.later(id, [&s = self, task_id = id, a](Task&) { s.start(task_id, a.container); });
    }
    void operator()(const lifecycle::SignalContainer& a) const {
      self.later(id, [&s = self, task_id = id, a](Task& t) {
        s.exit(task_id, a.container,
               {a.kill ? kKilled : t.containers[a.container].rules.stop_code, false, ""});
      });
    }
    void operator()(const lifecycle::Probe& a) const {
      self.later(id, [&s = self, task_id = id, a](Task&) { s.probe(task_id, a.container); });
    }
    void operator()(const lifecycle::ReleaseTask&) const {
      self.later(id, [&s = self, task_id = id](Task&) { s.release(task_id); });
    }
  };
  std::visit(Visitor{*this, id}, action);
}

void DryExecutor::acquire_network(const std::string& id) {
  Task& t = tasks_.at(id);
  auto networks = network_.acquire(*t.spec);
  if (!networks) return report(id, lifecycle::NetworkFailed{networks.error().message});
  t.networks = std::move(*networks);
  events_.report(
      id,
      [this, spec = t.spec, views = t.networks](TaskFacts& facts) {
        facts.networks = views;
        network_.publish(*spec, facts);
        const auto notes = dry_notes(spec->definition);
        facts.notes.insert(facts.notes.end(), notes.begin(), notes.end());
      },
      lifecycle::NetworkReady{false});
}

void DryExecutor::pull(const std::string& id, std::size_t container) {
  const std::string image = image_of(*tasks_.at(id).spec, container);
  if (const auto failing = failing_.find(without_latest(image)); failing != failing_.end())
    return report(id, lifecycle::PullFailed{container, failing->second});
  events_.report(
      id,
      [container, image](TaskFacts& facts) {
        facts.containers[container].image_digest = digest_of(image);
        facts.containers[container].image_id = "sha256:" + sha256_hex("config of " + image);
      },
      lifecycle::ImagePulled{container});
}

void DryExecutor::start(const std::string& id, std::size_t container) {
  report(id, lifecycle::ContainerCreated{container});
  later(id, [this, id, container](Task&) {
    const Time at = now();
    started(id, container, at);
    report(id, lifecycle::ContainerStarted{container, at});
  });
}

void DryExecutor::started(const std::string& id, std::size_t container, Time at) {
  Container& c = tasks_.at(id).containers[container];
  c.running = true;
  c.probed = c.asked = false;
  if (!c.rules.exit_after) return;
  const Exit end{c.rules.exit_code, false, ""};
  c.ends = loop_.after(std::max(Duration{0}, at + *c.rules.exit_after - now()),
                       [this, id, container, end] { exit(id, container, end); });
}

void DryExecutor::exit(const std::string& id, std::size_t container, const Exit& how) {
  Task* const t = task(id);
  if (!t || !std::exchange(t->containers[container].running, false)) return;
  t->containers[container].ends.cancel();
  report(id, lifecycle::ContainerExited{container, how.code, how.out_of_memory, now(), how.reason});
}

// A healthy container says so once; what it is asked later waits until that changes.
void DryExecutor::probe(const std::string& id, std::size_t container) {
  Container& c = tasks_.at(id).containers[container];
  c.asked = true;
  if (!c.rules.healthy || !c.probed) answer_probe(id, container);
}

void DryExecutor::answer_probe(const std::string& id, std::size_t container) {
  Container& c = tasks_.at(id).containers[container];
  c.probed = c.rules.healthy && c.asked;
  if (!std::exchange(c.asked, false)) return;  // the next one tells
  report(id, lifecycle::Probed{container, c.rules.healthy ? 0 : 1, c.health_output});
}

void DryExecutor::release(const std::string& id) {
  network_.release(tasks_.at(id).networks);
  tasks_.erase(id);
  report(id, lifecycle::Released{});
}

Adopted DryExecutor::adopt(std::shared_ptr<const TaskSpec> spec, const TaskView& stored) {
  Adopted found;
  Task& t = tasks_.at(spec->task_id);
  t.networks = stored.networks;
  found.facts.networks = stored.networks;
  found.facts.notes = stored.notes;
  found.network_found = !stored.networks.empty();
  found.containers.resize(t.containers.size());
  for (std::size_t i = 0; i < t.containers.size() && i < stored.containers.size(); ++i) {
    const ContainerView& c = stored.containers[i];
    found.facts.containers.push_back({c.image_digest, c.image_id, 0, "", "", "", c.ports});
    if (c.known != ContainerStatus::kRunning || !found.network_found) continue;
    found.containers[i].started = lifecycle::ContainerStarted{i, c.started_at.value_or(now())};
    started(spec->task_id, i, found.containers[i].started->at);
  }
  return found;
}

void DryExecutor::forget(const std::string& id) { tasks_.erase(id); }

Result<std::size_t> DryExecutor::running_container(const std::string& id, const std::string& name) {
  Task* const t = task(id);
  if (!t) return fail(Errc::kNotFound, "there is no running task " + id);
  std::string names;
  const bool alone = name.empty() && t->containers.size() == 1;
  for (std::size_t i = 0; i < t->containers.size(); ++i) {
    const std::string& one = definition_of(*t->spec, i).name;
    names += (names.empty() ? "" : ", ") + one;
    if (one != name && !alone) continue;
    if (t->containers[i].running) return i;
    return fail(Errc::kBusy, "container " + one + " does not run");
  }
  return fail(Errc::kNotFound, "task " + id + " has no container \"" + name + "\", but " + names);
}

Status DryExecutor::end_container(const std::string& task_id, const std::string& container,
                                  const Exit& how) {
  DRYDOCK_LET(const std::size_t i, running_container(task_id, container));
  exit(task_id, i, how);
  return {};
}

Status DryExecutor::set_health(const std::string& task_id, const std::string& container,
                               bool healthy, std::string output) {
  DRYDOCK_LET(const std::size_t i, running_container(task_id, container));
  const Task& t = tasks_.at(task_id);
  if (!definition_of(*t.spec, i).health_check)
    return fail(Errc::kInvalid, "container " + definition_of(*t.spec, i).name +
                                    " has no healthCheck in its task definition");
  Container& c = tasks_.at(task_id).containers[i];
  c.rules.healthy = healthy;
  c.health_output = std::move(output);
  answer_probe(task_id, i);
  return {};
}

void DryExecutor::fail_pulls(const std::string& image, const std::string& error) {
  if (error.empty())
    failing_.erase(without_latest(image));
  else
    failing_[without_latest(image)] =
        error.find(": ") == error.npos ? "CannotPullContainerError: " + error : error;
}

}  // namespace drydock::runtime
