#pragma once
#include <string>

#include "volumes/plan.h"

// Where a task's things lie. The folder tree of one daemon:
//
//   <run>/tasks/<task>/                 network.json
//   <run>/tasks/<task>/.etc/            hosts, hostname, resolv.conf of an awsvpc task
//   <run>/tasks/<task>/.sandbox/        namespaces that containers share (pidMode, ipcMode task)
//   <run>/tasks/<task>/<container>/     bundle: config.json, rootfs (mount point), started.json,
//                                       exit.json, shim.lock
//   <run>/runc/                         the runtime's own state
//   <run>/firelens/<task>/              config/fluent.conf, socket/ (the log router's)
//   <run>/volumes/                      mounts that tasks share: EFS access points
//   <root>/logs/<task>/<container>/     its journal
//   <root>/logs/streams/<id>/           the journal of a log stream that PutLogEvents writes to
//   <root>/volumes/                     volumes/plan.h; what the containers of a task changed, too
namespace drydock::runtime {

struct Paths {
  std::string root;  // state: /var/lib/drydock
  std::string run;   // runtime: /run/drydock

  std::string tasks() const { return run + "/tasks"; }
  std::string task(const std::string& id) const { return tasks() + "/" + id; }
  // No container's name has a dot.
  std::string etc(const std::string& id) const { return task(id) + "/.etc"; }
  std::string sandbox(const std::string& id) const { return task(id) + "/.sandbox"; }
  std::string network_file(const std::string& id) const { return task(id) + "/network.json"; }
  std::string bundle(const std::string& id, const std::string& name) const {
    return task(id) + "/" + name;
  }
  std::string rootfs(const std::string& id, const std::string& name) const {
    return bundle(id, name) + "/rootfs";
  }
  std::string runtime_root() const { return run + "/runc"; }
  std::string firelens(const std::string& id) const { return run + "/firelens/" + id; }
  std::string router_socket(const std::string& id) const { return firelens(id) + "/socket"; }
  std::string probes() const { return run + "/probes"; }
  std::string execs() const { return run + "/exec"; }
  std::string scratch(const std::string& id, const std::string& name) const {
    return volumes::changes_folder(root + "/volumes", id, name);
  }
  std::string volumes() const { return root + "/volumes"; }
  std::string shared_mounts() const { return run + "/volumes"; }
  std::string logs(const std::string& id) const { return root + "/logs/" + id; }
  std::string log(const std::string& id, const std::string& name) const {
    return logs(id) + "/" + name;
  }
  std::string event_logs() const { return root + "/logs/streams"; }
  std::string event_log(const std::string& id) const { return event_logs() + "/" + id; }
};

}  // namespace drydock::runtime
