#include "runtime/engine/exit_event.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "base/files.h"
#include "images/reference.h"

namespace drydock::runtime {

using lifecycle::StartError;

lifecycle::Event exit_event(std::size_t container, const shim::Exited& record, bool started) {
  if (const auto code = record.exit_code())
    return lifecycle::ContainerExited{container, *code, record.oom_killed, record.exited_at, {}};
  if (record.failure == shim::Failure::kLost || started)
    return lifecycle::ContainerExited{
        container, 255, record.oom_killed, record.exited_at,
        "ContainerRuntimeError: " +
            (record.error.empty() ? "the exit status could not be learned" : record.error)};
  switch (record.failure) {
    case shim::Failure::kCommandNotFound:
    case shim::Failure::kCommandNotExecutable:
    case shim::Failure::kStart:
      return lifecycle::StartFailed{container, StartError::kStart, record.error};
    default:
      return lifecycle::StartFailed{container, StartError::kCreate, record.error};
  }
}

lifecycle::Event lost_shim_event(std::size_t container, bool started) {
  const std::string why = "the process that supervises the container was killed";
  if (started)
    return lifecycle::ContainerExited{container, 255, false, now(),
                                      "ContainerRuntimeError: " + why};
  return lifecycle::StartFailed{container, StartError::kCreate, why};
}

UniqueFd open_init(const shim::Started& started) {
  UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, started.pid, 0)));
  if (!fd) return {};
  // Asked after the pidfd is open: if the ticks agree now, the pidfd is that process.
  const auto stat = read_file("/proc/" + std::to_string(started.pid) + "/stat", 4096);
  if (!stat || shim::start_ticks(*stat) != started.start_ticks) return {};
  return fd;
}

}  // namespace drydock::runtime
