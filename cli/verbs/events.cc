#include "cli/session.h"

namespace drydock::cli {
namespace {

std::string query(const EventsOptions& o) {
  std::string q = o.follow ? "&follow=1" : "";
  if (!o.since.empty()) q += "&since=" + url_encode(o.since);
  if (!o.cluster.empty()) q += "&cluster=" + url_encode(o.cluster);
  return q.empty() ? q : "?" + q.substr(1);
}

// The daemon's lines as they are.
Status print_events(Session& session, const EventsOptions& options) {
  DRYDOCK_LET(const Client client, session.connect());
  return client.stream("event-log" + query(options),
                       [&](std::string_view lines) { return session.out.write(lines); });
}

}  // namespace

int execute(Session& session, const EventsOptions& options) {
  const auto done = print_events(session, options);
  return done ? 0 : session.failed(done.error());
}

}  // namespace drydock::cli
