#pragma once
#include <string>
#include <utility>
#include <vector>

#include "api/logs/journals.h"
#include "base/clock.h"

namespace drydock::api::logs {

struct KeptStream {
  std::string group_arn;
  int retention_days = 0;  // of its group; 0: none
  ReadableStream readable;
};

// Every stream there is. Loop thread.
std::vector<KeptStream> kept_streams(const ApiContext& context);

// Cuts off the files of journals that hold nothing newer than their retention, and gives the
// streams of tasks that ended whose last event is older than it (without one: than `keep`). Reads
// journals; any thread but the loop's.
std::vector<KeptStream> expired_streams(ApiContext& context, std::vector<KeptStream> streams,
                                        Duration keep);

}  // namespace drydock::api::logs
