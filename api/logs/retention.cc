#include "api/logs/retention.h"

#include <unistd.h>

#include <algorithm>

namespace drydock::api::logs {
namespace {

constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;

// Deletes the files of a journal, but never its last, that hold only events before `oldest_ms`.
void cut_journal(const std::string& folder, const std::vector<logrouter::EventBlock>& blocks,
                 std::int64_t oldest_ms) {
  const auto bases = logrouter::segments(folder);
  for (std::size_t i = 0; i + 1 < bases.size(); ++i) {
    const bool newer = std::any_of(blocks.begin(), blocks.end(), [&](const auto& block) {
      return block.begin < bases[i + 1] && block.last_ms >= oldest_ms;
    });
    if (newer) return;
    ::unlink((folder + "/" + logrouter::segment_name(bases[i])).c_str());
  }
}

bool has_expired(ApiContext& context, const KeptStream& kept, std::int64_t keep_ms) {
  const std::int64_t now = now_ms();
  const std::int64_t retention_ms = kept.retention_days * kDayMs;
  const control::LogStream& stream = *kept.readable.stream;
  std::vector<logrouter::EventSource> sources;
  add_sources(context, kept.readable, 0, sources);
  const auto folders = folders_of(context, stream);
  std::int64_t last_ms = stream.created_ms;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const auto blocks = sources[i].index->blocks();
    for (const auto& block : blocks) last_ms = std::max(last_ms, block.last_ms);
    if (retention_ms > 0) cut_journal(folders.at(i), blocks, now - retention_ms);
  }
  // A stream that no task made is the user's own.
  if (stream.task_id.empty() || !kept.readable.ended) return false;
  return last_ms < now - (retention_ms > 0 ? retention_ms : keep_ms);
}

}  // namespace

std::vector<KeptStream> kept_streams(const ApiContext& context) {
  std::vector<KeptStream> all;
  for (const auto& group : context.control->logs.all())
    for (const auto& stream : group.streams)
      all.push_back({group.arn, group.retention_days, readable(context, stream)});
  return all;
}

std::vector<KeptStream> expired_streams(ApiContext& context, std::vector<KeptStream> streams,
                                        Duration keep) {
  const auto keep_ms = std::chrono::duration_cast<std::chrono::milliseconds>(keep).count();
  std::erase_if(streams, [&](const KeptStream& stream) {
    return context.closing || !has_expired(context, stream, keep_ms);
  });
  return streams;
}

}  // namespace drydock::api::logs
