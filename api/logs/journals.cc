#include "api/logs/journals.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "runtime/engine/paths.h"

namespace drydock::api::logs {
namespace {

using control::LogStream;
using logrouter::LineStart;

constexpr std::size_t kOpenWriters = 64;
constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;

// The same for a journal's whole life, and after a restart.
std::uint64_t number_of(const std::string& name) {
  const std::string hex = sha256_hex(name).substr(0, 16);
  std::uint64_t n = 0;
  std::from_chars(hex.data(), hex.data() + hex.size(), n, 16);
  return n;
}

std::shared_ptr<const LineStart> line_start(const LogStream& stream) {
  if (stream.datetime_format.empty() && stream.multiline_pattern.empty()) return nullptr;
  auto made = stream.datetime_format.empty() ? LineStart::of_pattern(stream.multiline_pattern)
                                             : LineStart::of_datetime(stream.datetime_format);
  return made ? *made : nullptr;  // checked when the task was accepted
}

}  // namespace

std::shared_ptr<logrouter::EventWriter> Journals::writer(const std::string& folder) {
  std::lock_guard lock(mutex_);
  const auto it = std::find_if(writers_.begin(), writers_.end(),
                               [&](const Open& open) { return open.folder == folder; });
  if (it != writers_.end()) {
    writers_.splice(writers_.begin(), writers_, it);
    return writers_.front().writer;
  }
  // One that somebody still writes with must stay the only one of its journal.
  for (auto last = writers_.end(); writers_.size() >= kOpenWriters && last != writers_.begin();) {
    --last;
    if (last->writer.use_count() == 1) last = writers_.erase(last);
  }
  writers_.push_front({folder, std::make_shared<logrouter::EventWriter>(folder, options_)});
  return writers_.front().writer;
}

void Journals::forget(const std::string& folder) {
  indexes_.forget(folder);
  std::lock_guard lock(mutex_);
  writers_.remove_if([&](const Open& open) { return open.folder == folder; });
}

std::int64_t now_ms() {
  return std::chrono::floor<std::chrono::milliseconds>(now()).time_since_epoch().count();
}

ReadableStream readable(const ApiContext& context, const control::LogStreamPtr& stream) {
  const auto task =
      stream->task_id.empty() ? nullptr : context.control->tasks.view(stream->task_id);
  return {stream, !task || task->last_status == runtime::TaskStatus::kStopped};
}

control::Answer<ReadableGroup> readable_group(const ApiContext& context,
                                              const control::Caller& caller, const Json& in) {
  const std::string name = json_string(in, "logGroupName", json_string(in, "logGroupIdentifier"));
  return context.loop->call([&]() -> control::Answer<ReadableGroup> {
    DRYDOCK_LET(const auto view, context.control->logs.view(caller, name));
    ReadableGroup group{view.arn, 0, {}};
    if (view.retention_days > 0) group.oldest_ms = now_ms() - view.retention_days * kDayMs;
    for (const auto& stream : view.streams) group.streams.push_back(readable(context, stream));
    return group;
  });
}

std::vector<std::string> folders_of(const ApiContext& context, const LogStream& stream) {
  const runtime::Paths paths{context.facts.root, context.facts.run};
  std::vector<std::string> folders;
  if (!stream.task_id.empty()) folders.push_back(paths.log(stream.task_id, stream.container));
  if (!stream.journal.empty()) folders.push_back(paths.event_log(stream.journal));
  return folders;
}

void add_sources(ApiContext& context, const ReadableStream& from, std::size_t number,
                 std::vector<logrouter::EventSource>& sources) {
  const LogStream& stream = *from.stream;
  const runtime::Paths paths{context.facts.root, context.facts.run};
  auto& indexes = context.journals->indexes();
  if (!stream.task_id.empty()) {
    const std::string rules = stream.datetime_format + "\n" + stream.multiline_pattern;
    sources.push_back(
        {indexes.of(paths.log(stream.task_id, stream.container), rules, line_start(stream)),
         number_of(stream.task_id + "/" + stream.container), number, from.ended});
  }
  if (!stream.journal.empty())
    sources.push_back({indexes.of(paths.event_log(stream.journal), "", nullptr),
                       number_of(stream.journal), number, true});
}

}  // namespace drydock::api::logs
