#pragma once
#include <memory>

#include "logrouter/driver.h"
#include "logrouter/drivers/option.h"

// Docker's log drivers as destinations; taskdef/log_options.h checks their options before the
// container starts.
namespace drydock::logrouter {

Result<std::unique_ptr<Destination>> make_syslog(const DriverRoom& room, const LogSource& source);

Result<std::unique_ptr<Destination>> make_gelf(const DriverRoom& room, const LogSource& source);

Result<std::unique_ptr<Destination>> make_fluentd(const DriverRoom& room, const LogSource& source);

Result<std::unique_ptr<Destination>> make_splunk(const DriverRoom& room, const LogSource& source);

Result<std::unique_ptr<Destination>> make_journald(const DriverRoom& room, const LogSource& source);
// The same to another socket than the system's.
Result<std::unique_ptr<Destination>> make_journald_at(const std::string& socket,
                                                      const DriverRoom& room,
                                                      const LogSource& source);

}  // namespace drydock::logrouter
