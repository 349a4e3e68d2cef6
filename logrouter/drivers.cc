#include "logrouter/drivers.h"

#include "logrouter/drivers/drivers_made.h"
#include "logrouter/firelens/sender.h"

namespace drydock::logrouter {
namespace {

const std::vector<Driver>& table() {
  static const std::vector<Driver> drivers = {
      {"awsfirelens", RouterSender::make, false},
      {"splunk", make_splunk, true},
      {"fluentd", make_fluentd, true},
      {"gelf", make_gelf, true},
      {"syslog", make_syslog, true},
      {"journald", make_journald, true},
  };
  return drivers;
}

}  // namespace

const Driver* driver_named(std::string_view name) {
  for (const Driver& driver : table())
    if (driver.name == name) return &driver;
  return nullptr;
}

}  // namespace drydock::logrouter
