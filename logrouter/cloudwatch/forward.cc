#include "logrouter/cloudwatch/forward.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/http/aws_call.h"
#include "base/json.h"
#include "logrouter/awslogs.h"
#include "logrouter/cloudwatch/events.h"
#include "logrouter/drivers/writer.h"
#include "logrouter/event_scan.h"

namespace drydock::logrouter {
namespace {

constexpr std::chrono::seconds kPatience{20};
constexpr std::size_t kBatch = 900u << 10;

// One container's log stream there.
class StreamWriter final : public LogWriter {
 public:
  StreamWriter(std::shared_ptr<const ForwardOptions> options, AwsLogs logs,
               std::shared_ptr<const LineStart> starts)
      : options_(std::move(options)),
        logs_(std::move(logs)),
        starts_(std::move(starts)),
        endpoint_(options_->endpoint.empty()
                      ? http::aws_endpoint("logs", logs_.region)
                      : http::aws_endpoint_at(options_->endpoint, "logs", logs_.region)) {}

  const std::string& address() const override { return endpoint_.url; }

  Answer write(const Batch& batch) override {
    // What came alone before comes alone again: nothing has followed since.
    const std::uint64_t begin = batch.entries.front().offset;
    const bool again = held_ == Held{begin, batch.entries.size()};
    const OutEvents out = events_of(batch, starts_.get(), again);
    std::size_t rejected = 0;
    std::string why;
    for (std::size_t at = 0; at < out.events.size();) {
      const std::size_t end = at + request_size(out.events, at);
      if (auto problem = put({out.events.data() + at, end - at}, rejected, why)) {
        problem->accepted = at == 0 ? 0 : out.events[at - 1].entries;
        const std::size_t refused = out.events[end - 1].entries - problem->accepted;
        if (problem->kind == Answer::Kind::kRefused)
          problem->refused = std::max<std::size_t>(refused, 1);
        return *problem;
      }
      at = end;
    }
    if (out.entries < batch.entries.size()) {
      held_ = {batch.entries[out.entries].offset, batch.entries.size() - out.entries};
      return {Answer::Kind::kHeld, out.entries, 0, "", {}};
    }
    held_ = {};
    if (rejected == 0) return {};
    const std::size_t lost = std::min(rejected, batch.entries.size());
    return {Answer::Kind::kRefused, batch.entries.size() - lost, lost, why, {}};
  }

 private:
  struct Held {
    std::uint64_t offset = 0;
    std::size_t entries = 0;
    bool operator==(const Held&) const = default;
  };
  struct Some {
    const OutEvent* first;
    std::size_t count;
  };

  // Nothing when they have arrived.
  std::optional<Answer> put(const Some& events, std::size_t& rejected, std::string& why) {
    for (int tries = 0;; ++tries) {
      if (!stream_known_)
        if (auto problem = make_stream()) return problem;
      const auto answer = call("PutLogEvents", request_of(events));
      if (!answer) return Answer::later(answer.error().message);
      if (answer->status == 200) {
        rejected += rejected_events(answer->body, events.count, why);
        return std::nullopt;
      }
      if (answer->code == "DataAlreadyAcceptedException") return std::nullopt;
      // The stream was removed meanwhile.
      if (answer->code == "ResourceNotFoundException" && tries == 0) {
        stream_known_ = false;
        continue;
      }
      return problem_of(*answer, "PutLogEvents");
    }
  }

  std::string request_of(const Some& some) const {
    std::vector<const OutEvent*> sorted;
    for (std::size_t i = 0; i < some.count; ++i) sorted.push_back(some.first + i);
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto* a, const auto* b) { return a->time_ms < b->time_ms; });
    Json list = Json::array();
    for (const OutEvent* e : sorted)
      list.push_back({{"timestamp", e->time_ms}, {"message", e->text}});
    return dump_json({{"logGroupName", logs_.group},
                      {"logStreamName", logs_.stream},
                      {"logEvents", std::move(list)}});
  }

  std::optional<Answer> make_stream() {
    const std::string input =
        dump_json({{"logGroupName", logs_.group}, {"logStreamName", logs_.stream}});
    for (int tries = 0;; ++tries) {
      const auto made = call("CreateLogStream", input);
      if (!made) return Answer::later(made.error().message);
      if (made->status == 200 || made->code == "ResourceAlreadyExistsException") {
        stream_known_ = true;
        return std::nullopt;
      }
      const bool may_make = logs_.create_group || options_->create_groups;
      if (made->code != "ResourceNotFoundException" || !may_make || tries > 0)
        return waiting_for(*made, "CreateLogStream in " + logs_.group);
      const auto group = call("CreateLogGroup", dump_json({{"logGroupName", logs_.group}}));
      if (!group) return Answer::later(group.error().message);
      if (group->status != 200 && group->code != "ResourceAlreadyExistsException")
        return waiting_for(*group, "CreateLogGroup " + logs_.group);
    }
  }

  Result<http::AwsAnswer> call(const std::string& operation, const std::string& input) {
    DRYDOCK_LET(const http::AwsKeys keys, options_->keys());
    return http::aws_json_call(endpoint_, keys, "Logs_20140328." + operation, input,
                               {kPatience, {}});
  }

  Answer waiting_for(const http::AwsAnswer& answer, const std::string& doing) const {
    return Answer::later(endpoint_.url + " answered HTTP " + std::to_string(answer.status) + " " +
                         answer.code + " to " + doing +
                         (answer.message.empty() ? "" : ": " + answer.message));
  }
  // Events that will never be taken must not hold up those behind them.
  Answer problem_of(const http::AwsAnswer& answer, const std::string& doing) const {
    Answer a = waiting_for(answer, doing);
    if (answer.code == "InvalidParameterException" || answer.code == "SerializationException")
      a.kind = Answer::Kind::kRefused;
    return a;
  }

  std::shared_ptr<const ForwardOptions> options_;
  AwsLogs logs_;
  std::shared_ptr<const LineStart> starts_;
  http::AwsEndpoint endpoint_;
  Held held_;
  bool stream_known_ = false;
};

Result<std::unique_ptr<Destination>> make(const std::shared_ptr<const ForwardOptions>& options,
                                          const DriverRoom& room, const LogSource& source) {
  auto logs = awslogs_of(source.log_options,
                         {source.container, source.task_id, source.runtime_id, source.region});
  if (!logs) return fail(Errc::kInvalid, "awslogs: the option awslogs-group is missing");
  std::shared_ptr<const LineStart> starts;
  if (!logs->datetime_format.empty()) {
    DRYDOCK_LET(starts, LineStart::of_datetime(logs->datetime_format));
  } else if (!logs->multiline_pattern.empty()) {
    DRYDOCK_LET(starts, LineStart::of_pattern(logs->multiline_pattern));
  }
  Destination::Appetite appetite;
  appetite.bytes = kBatch;
  appetite.entries = 10000;
  // The AWS driver sends every five seconds; several lines of one event may be as far apart.
  appetite.gather = starts ? std::chrono::milliseconds(kGatherMs) : std::chrono::milliseconds(500);
  return written_by(
      room, std::make_unique<StreamWriter>(options, std::move(*logs), std::move(starts)), appetite);
}

}  // namespace

Driver forwarding_driver(ForwardOptions options) {
  auto shared = std::make_shared<const ForwardOptions>(std::move(options));
  return {"awslogs",
          [shared](const DriverRoom& room, const LogSource& source) {
            return make(shared, room, source);
          },
          true};
}

std::size_t rejected_events(std::string_view answer, std::size_t events, std::string& why) {
  const auto body = parse_json(answer);
  const Json* info =
      body && body->is_object() ? json_find(*body, "rejectedLogEventsInfo") : nullptr;
  if (!info || !info->is_object()) return 0;
  const auto index = [&](const char* name, std::size_t absent) {
    const long long n = json_int(*info, name, -1);
    return n < 0 ? absent : std::min(static_cast<std::size_t>(n), events);
  };
  const std::size_t old =
      std::max(index("tooOldLogEventEndIndex", 0), index("expiredLogEventEndIndex", 0));
  const std::size_t fresh = events - index("tooNewLogEventStartIndex", events);
  if (old > 0) why = "too old, or older than the group's retention";
  if (fresh > 0) why += std::string(why.empty() ? "" : "; ") + "more than two hours ahead";
  return std::min(old + fresh, events);
}

}  // namespace drydock::logrouter
