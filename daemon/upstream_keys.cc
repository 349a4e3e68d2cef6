#include <nlohmann/json.hpp>

#include "api/upstream/asked.h"
#include "daemon/config_values.h"

// The keys below "upstream".
namespace drydock::daemon {

Status set_upstreams(Config& config, const Key& key, const Json& value) {
  if (!value.is_object()) return fail(Errc::kInvalid, "must be " + form_text(key));
  std::map<std::string, std::string> places;
  for (const auto& [service, item] : value.items()) {
    const std::string place = item.is_string() ? item.get<std::string>() : "";
    if (api::is_here(service))
      return fail(Errc::kInvalid, "names " + service + ", which Drydock has itself");
    if (service.empty() || place.empty() || !(place == "none" || fits(Form::kForward, place)))
      return fail(Errc::kInvalid, "maps " + service + " to " + dump_json(item) +
                                      "; it must be an address like http://localhost:9324, aws "
                                      "or none");
    places[service] = place;
  }
  config.*std::get<std::map<std::string, std::string> Config::*>(key.member) = std::move(places);
  return {};
}

}  // namespace drydock::daemon
