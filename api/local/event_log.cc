#include "api/local/routes.h"
#include "api/local/stream_loop.h"
#include "control/events/log.h"

namespace drydock::api::local {
namespace {

using control::events::EventLog;

constexpr std::size_t kPause = 1u << 20;  // bytes the client has yet to take
constexpr std::size_t kBatch = 200;       // events before other streams have their turn

struct EventQuery {
  bool follow = false;
  std::optional<Time> since;
  std::string cluster;  // empty: of all
};

// Sends the log's events, a line each. Lives on the stream loop's thread; the connection, the watch
// of the log and posted turns keep it alive, finish() lets all of them go.
class EventStream : public std::enable_shared_from_this<EventStream> {
 public:
  EventStream(ApiContext& context, EventQuery query, std::shared_ptr<http::StreamWriter> writer)
      : log_(context.control->events.log()),
        streams_(context.streams->loop()),
        query_(std::move(query)),
        writer_(std::move(writer)) {}

  void start() {
    const std::weak_ptr<EventStream> self = weak_from_this();
    const auto later = [self, loop = &streams_](void (EventStream::*fn)()) {
      loop->post([self, fn] {
        if (const auto alive = self.lock()) (alive.get()->*fn)();
      });
    };
    writer_->on_gone([later] { later(&EventStream::finish); });
    // It is kept by its watch, and the watch by finish().
    if (query_.follow)
      watch_ = log_.watch([later, kept = shared_from_this()] { later(&EventStream::pump); });
    pump();
  }

 private:
  void pump() {
    if (!writer_ || waiting_) return;
    if (writer_->pending() > kPause) return wait_for_client();
    const auto slice = log_.after(at_, kBatch);
    if (slice.events.empty()) {
      if (!query_.follow) finish();
      return;
    }
    std::string lines;
    for (const auto& event : slice.events) {
      at_ = event->sequence;
      if (query_.since && event->at < *query_.since) continue;
      if (query_.cluster.empty() || event->cluster == query_.cluster) lines += event->line + "\n";
    }
    if (!lines.empty() && !writer_->write(lines)) return finish();
    streams_.post([self = shared_from_this()] { self->pump(); });
  }

  void wait_for_client() {
    waiting_ = true;
    writer_->on_writable([self = shared_from_this()] {
      self->streams_.post([self] {
        self->waiting_ = false;
        self->pump();
      });
    });
  }

  void finish() {
    if (!writer_) return;
    if (watch_) log_.unwatch(watch_);
    writer_->close();
    writer_ = nullptr;
  }

  EventLog& log_;
  Loop& streams_;
  EventQuery query_;
  std::shared_ptr<http::StreamWriter> writer_;
  std::uint64_t at_ = 0;
  int watch_ = 0;
  bool waiting_ = false;  // for the client to take what was sent
};

}  // namespace

http::Response event_log(const Context& context, const http::Request& request) {
  EventQuery query;
  query.follow = asked(request.query, "follow");
  const auto since = time_value(request.query, "since");
  if (!since) return problem(since.error());
  query.since = *since;
  query.cluster = http::query_value(request.query, "cluster").value_or("");
  http::Response r;
  r.headers = {{"Content-Type", "application/x-ndjson"}};
  r.stream = [context, query](std::shared_ptr<http::StreamWriter> writer) {
    auto stream = std::make_shared<EventStream>(*context, query, std::move(writer));
    context->streams->loop().post([stream] { stream->start(); });
  };
  return r;
}

}  // namespace drydock::api::local
