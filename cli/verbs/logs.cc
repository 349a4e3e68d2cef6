#include <nlohmann/json.hpp>

#include "cli/log_frames.h"
#include "cli/lookup.h"
#include "cli/session.h"

namespace drydock::cli {
namespace {

std::string query(const LogsOptions& o) {
  std::string q = o.follow ? "&follow=1" : "";
  for (const auto& c : o.containers) q += "&container=" + url_encode(c);
  if (!o.since.empty()) q += "&since=" + url_encode(o.since);
  if (!o.until.empty()) q += "&until=" + url_encode(o.until);
  if (o.tail) q += "&tail=" + std::to_string(*o.tail);
  if (o.only_stdout) q += "&stdout=1";
  if (o.only_stderr) q += "&stderr=1";
  return q.empty() ? q : "?" + q.substr(1);
}

Status print_logs(Session& session, const LogsOptions& options) {
  DRYDOCK_LET(const Client client, session.connect());
  DRYDOCK_LET(const Json task, look_up(client, options.task, Several::kNewestStopped));
  LogStyle style;
  style.prefix = !options.no_prefix;
  style.timestamps = options.timestamps;
  style.colour = session.out.colour();
  LogPrinter printer(session.out, style);
  Status damage;
  DRYDOCK_TRY(client.stream("tasks/" + task_id(task) + "/logs" + query(options),
                            [&](std::string_view data) {
                              const auto there = printer.feed(data);
                              if (!there) damage = tl::unexpected(there.error());
                              return there && *there;
                            }));
  printer.finish();
  return damage;
}

}  // namespace

int execute(Session& session, const LogsOptions& options) {
  const auto done = print_logs(session, options);
  return done ? 0 : session.failed(done.error());
}

}  // namespace drydock::cli
