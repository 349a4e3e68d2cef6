#include "router/router.h"
#include "logrouter/wildcard.h"

#include <nlohmann/json.hpp>

namespace drydock::router {

Result<std::unique_ptr<Router>> Router::make(const std::vector<logrouter::RouterSection>& sections,
                                             const Tell& tell) {
  auto router = std::make_unique<Router>();
  for (const auto& section : sections) {
    const std::string match = value_or(section, "Match", "*");
    if (section.name == "FILTER") {
      DRYDOCK_LET(auto filter, make_filter(section));
      router->steps_.push_back({match, std::move(filter)});
    } else if (section.name == "OUTPUT") {
      DRYDOCK_LET(auto output, make_output(section));
      router->routes_.push_back(
          {match, std::make_unique<OutputQueue>("output " + section.get("Name") + " of " + match,
                                                std::move(output), tell)});
    }
  }
  return router;
}

void Router::route(logrouter::ForwardMessage message, const std::function<void()>& done) {
  LogEvents events;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < message.records.size(); ++i) {
    bool passes = true;
    for (const Step& step : steps_)
      passes = passes && (!logrouter::matches_wildcard(step.match, message.tag) ||
                          step.filter->pass(message.records[i]));
    if (!passes) continue;
    events.push_back({message.tag, message.times[i], packed(message.records[i])});
    bytes += events.back().record.size() + sizeof(LogEvent);
    message.records[i] = nullptr;
  }
  std::vector<const Route*> wanted;
  for (const Route& route : routes_)
    if (!events.empty() && logrouter::matches_wildcard(route.match, message.tag))
      wanted.push_back(&route);
  if (wanted.empty()) return done();
  waiting_ += bytes;
  auto left = std::make_shared<std::atomic<std::size_t>>(wanted.size());
  for (const Route* route : wanted)
    route->queue->put(events, [this, left, bytes, done] {
      if (--*left > 0) return;
      waiting_ -= bytes;
      done();
    });
}

void Router::drain(Duration at_most) {
  const Time end = now() + at_most;
  for (const Route& route : routes_)
    route.queue->drain(std::max<Duration>(end - now(), Duration{0}));
}

void fill_in_environment(std::vector<logrouter::RouterSection>& sections, Environment environment) {
  for (auto& section : sections)
    for (auto& property : section.properties) {
      std::string& value = property.second;
      for (auto at = value.find("${"); at != std::string::npos; at = value.find("${", at)) {
        const auto end = value.find('}', at);
        if (end == std::string::npos) break;
        const std::string by = environment(value.substr(at + 2, end - at - 2).c_str());
        value.replace(at, end - at + 1, by);
        at += by.size();
      }
    }
}

}  // namespace drydock::router
