#include <nlohmann/json.hpp>
#include <set>

#include "api/local/routes.h"
#include "api/local/stats_rows.h"
#include "api/local/stream_loop.h"

namespace drydock::api::local {
namespace {

constexpr Duration kInterval = std::chrono::seconds(1);  // of a StatsBook's samples
constexpr std::size_t kMostTasks = 100;                  // that one client may name
constexpr std::size_t kPending = 256u << 10;             // a client that does not read waits

// Counters only move on: a line each second, of what has been used and how fast. The timer
// keeps it alive; it lives on the stream loop's thread.
class StatsStream : public std::enable_shared_from_this<StatsStream> {
 public:
  StatsStream(ApiContext& context, std::set<std::string> ids,
              std::shared_ptr<http::StreamWriter> writer)
      : world_(*context.world),
        streams_(context.streams->loop()),
        sample_(context.sample),
        ids_(std::move(ids)),
        writer_(std::move(writer)) {}

  void start() {
    writer_->on_gone([self = weak_from_this(), loop = &streams_] {
      loop->post([self] {
        if (const auto alive = self.lock()) alive->finish();
      });
    });
    send();
  }

 private:
  void send() {
    if (!writer_) return;
    Json tasks = Json::array();
    std::set<std::string> seen;
    const auto world = world_.get();
    for (const auto& [id, view] : world->tasks) {
      if (!ids_.empty() && !ids_.contains(id)) continue;
      if (view->last_status == runtime::TaskStatus::kStopped) continue;
      seen.insert(id);
      const auto book =
          books_.try_emplace(id, std::make_shared<metadata::StatsBook>(sample_)).first;
      tasks.push_back(
          stats_row(book->second->look(*view, std::chrono::steady_clock::now()), *view));
    }
    std::erase_if(books_, [&](const auto& one) { return !seen.contains(one.first); });
    const std::string line =
        dump_json({{"read", rfc3339_short(now())}, {"tasks", std::move(tasks)}}) + "\n";
    if (writer_->pending() < kPending && !writer_->write(line)) return finish();
    if (!ids_.empty() && seen.empty()) return finish();  // none of them runs any more
    timer_ = streams_.after(kInterval, [self = shared_from_this()] { self->send(); });
  }

  void finish() {
    if (!writer_) return;
    timer_.cancel();
    writer_->close();
    writer_ = nullptr;
  }

  const runtime::PublishedWorld& world_;
  Loop& streams_;
  metadata::StatsBook::Sampler sample_;
  std::set<std::string> ids_;
  std::shared_ptr<http::StreamWriter> writer_;
  std::map<std::string, std::shared_ptr<metadata::StatsBook>> books_;
  Loop::Handle timer_;
};

}  // namespace

http::Response stats(const Context& context, const http::Request& request) {
  if (context->facts.dry) return absent_when_dry("what containers use");
  if (!context->sample || !context->world)
    return problem(404, "NotFound", "This daemon measures nothing.");
  std::set<std::string> ids;
  const std::string named = http::query_value(request.query, "tasks").value_or("");
  for (std::size_t from = 0; from < named.size();) {
    const auto comma = std::min(named.find(',', from), named.size());
    ids.insert(named.substr(from, comma - from));
    from = comma + 1;
  }
  if (ids.size() > kMostTasks)
    return problem(400, "InvalidParameterException",
                   "At most " + std::to_string(kMostTasks) + " tasks can be named at once.");
  for (const auto& id : ids)
    if (!context->loop->call([&] { return context->control->tasks.view(id) != nullptr; }))
      return problem(404, "NotFound", "There is no task " + id.substr(0, 64) + ".");
  http::Response r;
  r.headers = {{"Content-Type", "application/x-ndjson"}};
  r.stream = [context, ids](std::shared_ptr<http::StreamWriter> writer) {
    auto stream = std::make_shared<StatsStream>(*context, ids, std::move(writer));
    context->streams->loop().post([stream] { stream->start(); });
  };
  return r;
}

}  // namespace drydock::api::local
