#include "daemon/dry.h"

#include "base/files.h"
#include "netns/plan.h"

namespace drydock::daemon {

Status claim_mode(const std::string& root, bool dry) {
  const std::string file = root + "/mode";
  const std::string wanted = dry ? "dry" : "containers";
  const auto written = read_file(file, 32);
  std::string mode = written ? *written : "";
  if (!written && exists(root + "/drydock.db")) mode = "containers";  // older than this file
  if (!mode.empty() && mode != wanted)
    return fail(Errc::kInvalid, root + " holds the state of a daemon " +
                                    (dry ? "that runs containers" : "in dry mode") +
                                    ": give --root another folder, or " +
                                    (dry ? "leave --dry out" : "add --dry"));
  return written ? Status() : write_file_atomic(file, wanted, 0600);
}

Result<std::unique_ptr<runtime::DryExecutor>> dry_executor(
    const Config& config, Loop& loop,
    const std::vector<std::shared_ptr<const runtime::TaskView>>& restored,
    runtime::ExecutorEvents events) {
  std::vector<int> used;
  for (const auto& view : restored)
    if (view->last_status != runtime::TaskStatus::kStopped)
      for (const auto& network : view->networks)
        if (network.slot >= 0) used.push_back(network.slot);
  // No route of this machine matters: nothing is ever sent there.
  DRYDOCK_LET(const netns::Subnet subnet, netns::choose_subnet(config.subnet, {}, ""));
  auto mapped = mapped_subnets(config);
  DRYDOCK_TRY(netns::check_mapped(mapped, subnet));
  return std::make_unique<runtime::DryExecutor>(
      loop, runtime::DryNetwork(subnet, std::move(mapped), used, config.region), std::move(events));
}

}  // namespace drydock::daemon
