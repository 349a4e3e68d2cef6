#pragma once
#include <map>
#include <string>

#include "control/events/log.h"

namespace drydock::control {

class Services;
class Tasks;

// Turns changes of tasks and services into events: each version of a task is told once, whichever
// daemon saw it first. Loop thread only.
class Events {
 public:
  Events(Store& store, Tasks& tasks, Services& services);
  // Reads the log; after tasks and services were read, and before anything of them changes.
  Status restore();
  // Tells what has changed since the daemon before: after its tasks were adopted.
  void look();
  // An event of others (PutEvents, container instances).
  void publish(const events::Event& event) { log_.add(event); }
  events::EventLog& log() { return log_; }
  void forget_all();  // reset: memory only

 private:
  void task_changed(const std::string& id);

  Tasks& tasks_;
  events::EventLog log_;
  std::map<std::string, int> told_;  // the version of each task that was told last
};

}  // namespace drydock::control
