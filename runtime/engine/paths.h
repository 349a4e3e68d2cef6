#pragma once
#include <string>

// Where a task's things lie. The folder tree of one daemon:
//
//   <run>/tasks/<task>/                 hosts, hostname, resolv.conf, network.json
//   <run>/tasks/<task>/<container>/     bundle: config.json, rootfs (mount point), started.json,
//   exit.json, shim.lock <run>/runc/                         the runtime's own state
//   <root>/scratch/<task>/<container>/  upper and work folder of the container's root
//   <root>/logs/<task>/<container>/     its journal
//   <root>/volumes/                     volumes/plan.h
namespace drydock::runtime {

struct Paths {
  std::string root;  // state: /var/lib/drydock
  std::string run;   // runtime: /run/drydock

  std::string tasks() const { return run + "/tasks"; }
  std::string task(const std::string& id) const { return tasks() + "/" + id; }
  std::string network_file(const std::string& id) const { return task(id) + "/network.json"; }
  std::string bundle(const std::string& id, const std::string& name) const {
    return task(id) + "/" + name;
  }
  std::string rootfs(const std::string& id, const std::string& name) const {
    return bundle(id, name) + "/rootfs";
  }
  std::string runtime_root() const { return run + "/runc"; }
  std::string probes() const { return run + "/probes"; }
  std::string execs() const { return run + "/exec"; }
  std::string scratch(const std::string& id) const { return root + "/scratch/" + id; }
  std::string scratch(const std::string& id, const std::string& name) const {
    return scratch(id) + "/" + name;
  }
  std::string volumes() const { return root + "/volumes"; }
  std::string logs(const std::string& id) const { return root + "/logs/" + id; }
  std::string log(const std::string& id, const std::string& name) const {
    return logs(id) + "/" + name;
  }
};

}  // namespace drydock::runtime
