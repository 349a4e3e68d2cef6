#include <unistd.h>

#include <nlohmann/json.hpp>

#include "api/local/routes.h"
#include "api/protocol.h"
#include "base/logging.h"

namespace drydock::api::local {
namespace {

http::Response absent(const char* what) {
  return problem(400, "UnsupportedFeatureException",
                 std::string("This daemon cannot ") + what + ".");
}

}  // namespace

http::Response version(const Context& context) {
  return ok({{"version", context->facts.version}, {"api", 1}});
}

http::Response status(const Context& context) {
  const Facts& f = context->facts;
  Json out = {{"version", f.version},
              {"pid", ::getpid()},
              {"mode", f.dry ? "dry" : "containers"},
              {"instance", f.instance},
              {"root", f.root},
              {"run", f.run},
              {"region", context->defaults.region},
              {"account", context->defaults.account},
              {"tcpAddress", f.tcp_address},
              {"tasksAddress", f.tasks_address},
              {"subnet", f.subnet},
              {"runtime", f.runtime},
              {"startedAt", rfc3339_short(f.started_at)}};
  out["counts"] = context->loop->call([&] {
    control::Control& c = *context->control;
    const std::size_t all = c.tasks.size();
    const std::size_t live = c.tasks.live();
    return Json{{"tasks", all},
                {"running", live},
                {"stopped", all - live},
                {"clusters", c.clusters.size()},
                {"taskDefinitions", c.definitions.size()}};
  });
  return ok(out);
}

http::Response reset(const Context& context) {
  if (!context->reset) return absent("reset itself");
  const auto stopped = context->reset();
  if (!stopped) return problem(stopped.error());
  return ok({{"status", "ok"}, {"stoppedTasks", *stopped}});
}

http::Response shutdown(const Context& context, const http::Request& request) {
  if (!context->shutdown) return absent("be stopped by a request");
  const auto input = input_of(request.body);
  if (!input) return problem(input.error());
  context->shutdown(json_bool(*input, "stopTasks"));
  return ok(Json::object());
}

http::Response doctor(const Context& context) {
  return ok({{"checks", context->doctor ? context->doctor() : Json::array()}});
}

}  // namespace drydock::api::local
