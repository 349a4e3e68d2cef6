#pragma once
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/context.h"
#include "logrouter/event_query.h"
#include "logrouter/event_writer.h"

// From log streams, which are documents, to the journals that hold their events.
namespace drydock::api::logs {

// What is kept open: indexes of journals that are read, writers of those that PutLogEvents writes.
// Thread-safe.
class Journals {
 public:
  // Sizes of journals of PutLogEvents; before anything is written.
  void limit(const logrouter::JournalOptions& options) { options_ = options; }
  logrouter::EventIndexes& indexes() { return indexes_; }
  std::shared_ptr<logrouter::EventWriter> writer(const std::string& folder);
  // The journal's folder is about to go.
  void forget(const std::string& folder);

 private:
  struct Open {
    std::string folder;
    std::shared_ptr<logrouter::EventWriter> writer;
  };
  logrouter::JournalOptions options_;
  logrouter::EventIndexes indexes_;
  std::mutex mutex_;
  std::list<Open> writers_;  // the most recent first
};

// A stream as readers need it.
struct ReadableStream {
  control::LogStreamPtr stream;
  bool ended = false;  // its container writes no more
};
struct ReadableGroup {
  std::string arn;
  std::int64_t oldest_ms = 0;  // what is older has expired
  std::vector<ReadableStream> streams;
};

std::int64_t now_ms();
// Loop thread.
ReadableStream readable(const ApiContext& context, const control::LogStreamPtr& stream);
// The group that `logGroupName` or `logGroupIdentifier` names. Blocks; not on the loop's thread.
control::Answer<ReadableGroup> readable_group(const ApiContext& context,
                                              const control::Caller& caller, const Json& in);
// Adds the journals of a stream, as source `number`.
void add_sources(ApiContext& context, const ReadableStream& stream, std::size_t number,
                 std::vector<logrouter::EventSource>& sources);
// The folders of its journals.
std::vector<std::string> folders_of(const ApiContext& context, const control::LogStream& stream);

}  // namespace drydock::api::logs
