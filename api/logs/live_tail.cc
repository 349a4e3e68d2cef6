#include "api/logs/live_tail.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "api/local/stream_loop.h"
#include "api/logs/event_stream.h"
#include "api/logs/journals.h"
#include "api/protocol.h"
#include "base/ids.h"
#include "logrouter/filter_pattern.h"

namespace drydock::api::logs {
namespace {

using control::Answer;
using logrouter::EventScanner;
using logrouter::LogEvent;

constexpr std::size_t kAtOnce = 500;      // events in one update, as at AWS
constexpr std::size_t kPause = 1u << 20;  // bytes that the client has yet to take
constexpr int kUpdates = 3 * 3600;        // then the session ends, as at AWS
constexpr std::int64_t kSettleMs = 6000;  // lines that are gathered wait so long for companions

struct Wanted {
  control::Caller caller;
  Json input;
  std::vector<std::string> groups;
  logrouter::FilterPattern pattern;
};

bool lists(const Json& input, const char* member, const std::string& name, bool prefix) {
  const Json* list = json_find(input, member);
  return list && std::any_of(list->begin(), list->end(), [&](const Json& one) {
           const auto& text = one.get_ref<const std::string&>();
           return prefix ? name.starts_with(text) : name == text;
         });
}

bool chosen(const Json& input, const std::string& name) {
  const bool all =
      !json_find(input, "logStreamNames") && !json_find(input, "logStreamNamePrefixes");
  return all || lists(input, "logStreamNames", name, false) ||
         lists(input, "logStreamNamePrefixes", name, true);
}

struct Followed {
  EventScanner scanner;
  std::string group, stream;
  bool ended = false;
};

// One session. Lives on the stream loop's thread; what is posted and the connection keep it alive.
class LiveTail : public std::enable_shared_from_this<LiveTail> {
 public:
  LiveTail(ApiContext& context, Wanted wanted, std::shared_ptr<http::StreamWriter> writer)
      : context_(context), wanted_(std::move(wanted)), writer_(std::move(writer)) {}

  void start() {
    const std::weak_ptr<LiveTail> self = weak_from_this();
    writer_->on_gone([self, loop = &context_.streams->loop()] {
      loop->post([self] {
        if (const auto alive = self.lock()) alive->finish();
      });
    });
    Json session = {{"requestId", random_uuid()},
                    {"sessionId", random_uuid()},
                    {"logGroupIdentifiers", wanted_.groups},
                    {"logStreamNames", Json::array()},
                    {"logStreamNamePrefixes", Json::array()},
                    {"logEventFilterPattern", json_string(wanted_.input, "logEventFilterPattern")}};
    for (const char* member : {"logStreamNames", "logStreamNamePrefixes"})
      if (const Json* list = json_find(wanted_.input, member)) session[member] = *list;
    send("event", "initial-response", Json::object());
    send("event", "sessionStart", session);
    look();
  }

 private:
  // Asks the engine's thread which streams there are now.
  void look() {
    if (!writer_) return;
    context_.loop->post([self = shared_from_this()] {
      std::vector<std::pair<std::string, ReadableStream>> streams;
      for (const auto& group : self->wanted_.groups) {
        const auto view = self->context_.control->logs.view(self->wanted_.caller, group);
        if (!view) continue;
        for (const auto& stream : view->streams)
          if (chosen(self->wanted_.input, stream->name))
            streams.emplace_back(view->arn, readable(self->context_, stream));
      }
      self->context_.streams->loop().post(
          [self, streams = std::move(streams)] { self->update(streams); });
    });
  }

  void update(const std::vector<std::pair<std::string, ReadableStream>>& streams) {
    if (!writer_) return;
    for (const auto& [group, stream] : streams) follow(group, stream);
    first_ = false;
    if (writer_->pending() < kPause) send_what_came();
    if (++updates_ > kUpdates) {
      send("exception", "SessionTimeoutException",
           {{"message", "The session has lasted three hours. Start another."}});
      return finish();
    }
    timer_ = context_.streams->loop().after(std::chrono::seconds(1),
                                            [self = shared_from_this()] { self->look(); });
  }

  // A session begins with what comes; streams that are made later are read from their begin.
  void follow(const std::string& group, const ReadableStream& from) {
    std::vector<logrouter::EventSource> sources;
    add_sources(context_, from, 0, sources);
    const auto folders = folders_of(context_, *from.stream);
    for (std::size_t i = 0; i < sources.size(); ++i) {
      const auto known = followed_.find(folders[i]);
      if (known != followed_.end()) {
        known->second.ended = sources[i].ended;
        continue;
      }
      const std::uint64_t at = first_ ? sources[i].index->end() : 0;
      followed_.emplace(folders[i], Followed{sources[i].index->scan_from(at), group,
                                             from.stream->name, sources[i].ended});
    }
  }

  void send_what_came() {
    Json results = Json::array();
    bool sent = false;
    const auto flush = [&] {
      send("event", "sessionUpdate",
           {{"sessionMetadata", {{"sampled", false}}}, {"sessionResults", std::move(results)}});
      results = Json::array();
      sent = true;
    };
    for (auto& [folder, one] : followed_) {
      const auto drain = [&, &one = one] {
        while (writer_->pending() < kPause) {
          const auto e = one.scanner.next();
          if (!e) break;
          if (!wanted_.pattern.matches(e->text)) continue;
          results.push_back(shown(one, *e));
          if (results.size() == kAtOnce) flush();
        }
      };
      drain();
      if (writer_->pending() >= kPause) break;
      if (one.ended)
        one.scanner.finish();
      else
        one.scanner.finish(now_ms() - kSettleMs);
      drain();
    }
    if (!results.empty() || !sent) flush();
  }

  static Json shown(const Followed& from, const LogEvent& e) {
    return {{"logStreamName", from.stream},
            {"logGroupIdentifier", from.group},
            {"message", e.text},
            {"timestamp", e.time_ms},
            {"ingestionTime", e.ingestion_ms}};
  }

  void send(std::string_view type, std::string_view name, const Json& payload) {
    if (writer_) writer_->write(event_frame(type, name, dump_json(payload)));
  }

  void finish() {
    if (!writer_) return;
    timer_.cancel();
    writer_->close();
    writer_ = nullptr;
  }

  ApiContext& context_;
  Wanted wanted_;
  std::shared_ptr<http::StreamWriter> writer_;
  std::map<std::string, Followed> followed_;  // by journal
  Loop::Handle timer_;
  bool first_ = true;
  int updates_ = 0;
};

Answer<Wanted> wanted(const ApiContext& context, const control::Caller& caller, const Json& in) {
  Wanted w{caller, in, {}, {}};
  in["logGroupIdentifiers"].get_to(w.groups);
  if (w.groups.empty() || w.groups.size() > 10)
    return control::invalid_parameter("logGroupIdentifiers must have 1 to 10 members.");
  auto pattern = logrouter::FilterPattern::parse(json_string(in, "logEventFilterPattern"));
  if (!pattern)
    return control::invalid_parameter("Invalid filter pattern: " + pattern.error().message);
  w.pattern = std::move(*pattern);
  const auto known = context.loop->call([&]() -> Answer<bool> {
    for (const auto& group : w.groups) DRYDOCK_TRY(context.control->logs.view(caller, group));
    return true;
  });
  if (!known) return tl::unexpected(known.error());
  return w;
}

}  // namespace

http::Response live_tail(ApiContext& context, const control::Caller& caller, const Json& in) {
  auto asked = wanted(context, caller, in);
  if (!asked) return failure(asked.error());
  http::Response r;
  r.headers = {{"Content-Type", "application/vnd.amazon.eventstream"},
               {"x-amzn-RequestId", random_uuid()}};
  r.stream = [&context, wanted = std::move(*asked)](std::shared_ptr<http::StreamWriter> writer) {
    auto session = std::make_shared<LiveTail>(context, wanted, std::move(writer));
    context.streams->loop().post([session] { session->start(); });
  };
  return r;
}

}  // namespace drydock::api::logs
