#include "cli/watching.h"

#include <nlohmann/json.hpp>

namespace drydock::cli {
namespace {

// Each line of the stream says that something changed; all is fetched anew. A state that looks as
// the one before is not drawn again.
Status watch_changes(Session& session, const Client& client,
                     const std::function<Result<std::string>()>& draw, std::string last) {
  Status failed;
  JsonLines lines([&](const Json&) {
    auto text = draw();
    if (!text) {
      failed = tl::unexpected(std::move(text.error()));
      return false;
    }
    if (*text == last) return !session.out.gone();
    last = std::move(*text);
    return session.out.write((session.out.terminal() ? "\033[H\033[2J" : "\n") + last);
  });
  DRYDOCK_TRY(client.stream("events", [&](std::string_view data) { return lines.feed(data); }));
  DRYDOCK_TRY(failed);
  DRYDOCK_TRY(lines.error());
  return session.out.gone() ? Status() : fail(Errc::kSystem, "the daemon has ended");
}

}  // namespace

int show(Session& session, const Client& client, bool watch,
         const std::function<Result<std::string>()>& draw) {
  const auto first = draw();
  if (!first) return session.failed(first.error());
  session.out.write((watch && session.out.terminal() ? "\033[H\033[2J" : "") + *first);
  if (!watch) return 0;
  const auto end = watch_changes(session, client, draw, *first);
  return end ? 0 : session.failed(end.error());
}

}  // namespace drydock::cli
