#pragma once
#include <optional>
#include <string>

#include "logrouter/drivers.h"
#include "logrouter/pump.h"
#include "runtime/engine/machine.h"
#include "runtime/engine/task_secrets.h"

// Where the lines of a container go beyond its journal.
namespace drydock::runtime {

// The driver of the container, nullptr when the journal is all there is.
const logrouter::Driver* log_driver_of(const Machine& machine, const TaskSpec& spec,
                                       std::size_t container);
// What the pump needs to deliver its journal, secretOptions among it. nullopt without such a
// driver.
std::optional<logrouter::Pump::Job> log_job(const Machine& machine, const TaskSpec& spec,
                                            std::size_t container, const TaskSecretsPtr& secrets);
// After a restart: a journal whose lines an earlier daemon forwarded, and this one does not, holds
// its container up no longer.
Status let_go(const Machine& machine, const TaskSpec& spec, std::size_t container);
// Whether the driver of the container can do what its options say, before it starts.
Status check_log_driver(const Machine& machine, const TaskSpec& spec, std::size_t container,
                        const TaskSecretsPtr& secrets);
// The checkpoint that holds the container's shim back when the journal is full; empty: it never is.
std::string held_by(const Machine& machine, const TaskSpec& spec, std::size_t container);

}  // namespace drydock::runtime
