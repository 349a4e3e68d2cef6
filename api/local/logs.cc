#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "api/local/routes.h"
#include "api/local/stream_loop.h"
#include "base/files.h"
#include "logrouter/reader.h"
#include "runtime/engine/paths.h"

namespace drydock::api::local {
namespace {

using logrouter::MergedReader;

constexpr std::size_t kPause = 1u << 20;  // bytes the client has yet to take
constexpr int kBatch = 2000;              // lines before other streams have their turn

struct LogQuery {
  std::vector<std::string> containers;
  bool follow = false;
  bool out = true;
  bool err = true;
  logrouter::ReadOptions options;
};

std::vector<std::string> all_values(std::string_view query, std::string_view key) {
  std::vector<std::string> found;
  while (!query.empty()) {
    const auto end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    if (const auto value = http::query_value(pair, key)) found.push_back(*value);
  }
  return found;
}

Result<LogQuery> log_query(std::string_view query) {
  LogQuery q;
  q.containers = all_values(query, "container");
  q.follow = q.options.follow = asked(query, "follow");
  const bool out = asked(query, "stdout");
  const bool err = asked(query, "stderr");
  q.out = out || !err;
  q.err = err || !out;
  DRYDOCK_LET(q.options.since, time_value(query, "since"));
  DRYDOCK_LET(q.options.until, time_value(query, "until"));
  if (const auto tail = http::query_value(query, "tail"); tail && *tail != "all") {
    std::size_t n = 0;
    const auto [end, bad] = std::from_chars(tail->data(), tail->data() + tail->size(), n);
    if (bad != std::errc() || end != tail->data() + tail->size())
      return fail(Errc::kInvalid,
                  "tail must be a number of lines, and was '" + tail->substr(0, 40) + "'");
    q.options.tail = n;
    if (q.out != q.err)
      q.options.tail_of = q.out ? logrouter::Stream::kStdout : logrouter::Stream::kStderr;
  }
  return q;
}

struct Sources {
  std::vector<std::string> names;
  std::vector<std::string> folders;
};

// The journals of a task's containers, of all or of those that were named.
Result<Sources> sources_of(const Facts& facts, const runtime::TaskView& view, const LogQuery& q) {
  const runtime::Paths paths{facts.root, facts.run};
  std::vector<std::string> known;
  for (const auto& c : view.spec->definition.containers) known.push_back(c.name);
  for (const auto& name : q.containers)
    if (std::find(known.begin(), known.end(), name) == known.end())
      return fail(Errc::kNotFound, "Task " + view.spec->task_id + " has no container '" +
                                       name.substr(0, 255) + "'.");
  Sources s;
  for (const auto& name : q.containers.empty() ? known : q.containers) {
    s.names.push_back(name);
    s.folders.push_back(paths.log(view.spec->task_id, name));
    // A container that has yet to start has no journal; a watch needs the folder.
    if (q.follow && view.last_status != runtime::TaskStatus::kStopped)
      DRYDOCK_TRY(make_dirs(s.folders.back()));
  }
  return s;
}

// Sends a task's lines. Lives on the stream loop's thread; the connection, the watch of the
// journals and posted turns keep it alive, finish() lets all of them go.
class LogStream : public std::enable_shared_from_this<LogStream> {
 public:
  LogStream(ApiContext& context, std::string id, Sources sources, MergedReader reader,
            const LogQuery& query, std::shared_ptr<http::StreamWriter> writer)
      : engine_(*context.loop),
        control_(*context.control),
        streams_(context.streams->loop()),
        id_(std::move(id)),
        names_(std::move(sources.names)),
        reader_(std::move(reader)),
        query_(query),
        writer_(std::move(writer)) {}

  void start() {
    const std::weak_ptr<LogStream> self = weak_from_this();
    writer_->on_gone([self, loop = &streams_] {
      loop->post([self] {
        if (const auto alive = self.lock()) alive->finish();
      });
    });
    if (query_.follow) watch_task();
    pump();
  }

 private:
  // The end of following: the task is STOPPED (or forgotten), and then everything has been read.
  void watch_task() {
    engine_.post([self = shared_from_this()] {
      const auto check = [self] {
        const auto view = self->control_.tasks.view(self->id_);
        if (view && view->last_status != runtime::TaskStatus::kStopped) return;
        self->control_.tasks.unwatch(self->watch_id_);
        self->streams_.post([self] {
          self->task_ended_ = true;
          self->pump();
        });
      };
      self->watch_id_ = self->control_.tasks.watch(self->id_, check);
      check();
    });
  }

  void pump() {
    if (!writer_) return;
    for (int i = 0; i < kBatch; ++i) {
      if (writer_->pending() > kPause) return wait_for_client();
      auto merged = reader_.next();
      if (!merged) return idle();
      if (!send(*merged)) return finish();
    }
    readable_.cancel();
    streams_.post([self = shared_from_this()] { self->pump(); });
  }

  void wait_for_client() {
    readable_.cancel();
    writer_->on_writable(
        [self = shared_from_this()] { self->streams_.post([self] { self->pump(); }); });
  }

  void idle() {
    if (!query_.follow || task_ended_ || reader_.past_until()) return finish();
    if (!readable_)
      readable_ = streams_.readable(reader_.fd(), [self = shared_from_this()] { self->pump(); });
  }

  bool send(const MergedReader::Merged& merged) {
    const auto& e = merged.entry;
    const bool out = e.stream == logrouter::Stream::kStdout;
    if (out ? !query_.out : !query_.err) return true;
    std::string frame = names_[merged.source] + (out ? " stdout " : " stderr ") +
                        rfc3339_nano(e.time) + " " + std::to_string(e.text.size()) + "\n";
    frame += e.text;
    frame += '\n';
    return writer_->write(frame);
  }

  void finish() {
    if (!writer_) return;
    readable_.cancel();
    writer_->close();
    writer_ = nullptr;
    if (query_.follow && !task_ended_)
      engine_.post([self = shared_from_this()] { self->control_.tasks.unwatch(self->watch_id_); });
  }

  Loop& engine_;
  control::Control& control_;
  Loop& streams_;
  std::string id_;
  std::vector<std::string> names_;
  MergedReader reader_;
  LogQuery query_;
  std::shared_ptr<http::StreamWriter> writer_;
  Loop::Handle readable_;
  bool task_ended_ = false;
  int watch_id_ = 0;  // engine thread
};

}  // namespace

http::Response task_logs(const Context& context, const http::Request& request,
                         const std::string& id) {
  if (context->facts.dry) return absent_when_dry("logs of containers");
  auto query = log_query(request.query);
  if (!query) return problem(query.error());
  const auto view = context->loop->call([&] { return context->control->tasks.view(id); });
  if (!view) return problem(404, "NotFound", "There is no task " + id.substr(0, 64) + ".");
  // Nothing will follow; and a container that never ran has no journal to watch.
  if (view->last_status == runtime::TaskStatus::kStopped)
    query->follow = query->options.follow = false;
  auto sources = sources_of(context->facts, *view, *query);
  if (!sources) return problem(sources.error());
  auto reader = MergedReader::open(sources->folders, query->options);
  if (!reader) return problem(reader.error());
  http::Response r;
  r.headers = {{"Content-Type", "application/vnd.drydock.logs"}};
  // Handed through a shared pointer: a std::function must be copyable, the reader is not.
  auto held = std::make_shared<MergedReader>(std::move(*reader));
  r.stream = [context, id, sources = std::move(*sources), held,
              query = *query](std::shared_ptr<http::StreamWriter> writer) {
    auto stream = std::make_shared<LogStream>(*context, id, sources, std::move(*held), query,
                                              std::move(writer));
    context->streams->loop().post([stream] { stream->start(); });
  };
  return r;
}

}  // namespace drydock::api::local
