#pragma once
#include "runtime/engine/machine_executor.h"

// Inside of MachineExecutor: how its parts put work on the pools.
namespace drydock::runtime {

template <class Work, class Done>
void MachineExecutor::job_on(WorkerPool& pool, const std::string& id, Work work, Done done) {
  ++tasks_.at(id).jobs;
  pool.post([this, id, work = std::move(work), done = std::move(done)]() mutable {
    auto result = std::make_shared<decltype(work())>(work());
    machine_.loop->post([this, id, result, done = std::move(done)]() mutable {
      if (Task* t = task(id)) --t->jobs;
      done(std::move(*result));
      release_when_idle(id);
    });
  });
}

}  // namespace drydock::runtime
