#include <utility>

#include "runtime/engine/machine_jobs.h"

// What a task's definition calls a secret is fetched before its first image.
namespace drydock::runtime {

// True: the pull is done again when they are there. One fetch serves all containers.
bool MachineExecutor::waits_for_secrets(const std::string& id, std::size_t container) {
  Task& t = tasks_.at(id);
  if (t.secrets || !needs_secrets(t.spec->definition)) return false;
  t.secrets_first.push_back(container);
  if (t.secrets_first.size() > 1) return true;
  // It may ask other machines.
  job_on(
      *machine_.pulls, id,
      [m = machine_, spec = t.spec, cancel = t.cancel_pulls] {
        return fetch_task_secrets(m, *spec, [cancel] { return cancel->is_set(); });
      },
      [this, id](tl::expected<TaskSecretsPtr, std::string> fetched) {
        Task* here = task(id);
        if (!here) return;
        const auto waiting = std::exchange(here->secrets_first, {});
        if (!fetched)
          return report(id, nullptr,
                        lifecycle::PullFailed{waiting.front(), std::move(fetched.error())});
        here->secrets = std::move(*fetched);
        for (const std::size_t one : waiting) pull(id, one);
      });
  return true;
}

}  // namespace drydock::runtime
