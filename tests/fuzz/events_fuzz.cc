// Journal records of both kinds, and the events made of them, from any bytes.
#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/files.h"
#include "logrouter/cloudwatch/events.h"
#include "logrouter/cloudwatch/forward.h"
#include "logrouter/event_query.h"
#include "logrouter/reader.h"

using namespace drydock;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string folder = [] {
    std::string name = "/tmp/drydock-fuzz-events.XXXXXX";
    std::string made = ::mkdtemp(name.data());
    static std::string at_end = made;
    std::atexit([] { (void)remove_tree(at_end); });
    return made;
  }();
  static const auto starts = logrouter::LineStart::of_pattern("^S").value();
  const UniqueFd fd(::open((folder + "/" + logrouter::segment_name(0)).c_str(),
                           O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd || !write_all(fd.get(), {reinterpret_cast<const char*>(data), size})) std::abort();
  for (const bool gather : {false, true}) {
    logrouter::EventQuery query;
    query.from_ms = INT64_MIN;
    query.sources.push_back(
        {std::make_shared<logrouter::EventIndex>(folder, gather ? starts : nullptr), 1, 0, true});
    const auto page = logrouter::find_events(query);
    for (std::size_t i = 1; i < page.events.size(); ++i)
      if (page.events[i].place < page.events[i - 1].place) std::abort();
  }
  // Forwarded, they are the same texts: each line once, with a last event that may be held back.
  logrouter::Batch batch;
  auto reader = logrouter::JournalReader::open(folder).value();
  while (auto entry = reader.next()) batch.entries.push_back(std::move(*entry));
  for (const bool whole : {false, true}) {
    const auto out = logrouter::events_of(batch, starts.get(), whole);
    if (out.entries > batch.entries.size() || (whole && out.entries < batch.entries.size()))
      std::abort();
    std::size_t before = 0;
    for (const auto& event : out.events) {
      if (event.entries < before || event.entries > out.entries || event.text.empty()) std::abort();
      before = event.entries;
    }
    for (std::size_t at = 0; at < out.events.size();) at += logrouter::request_size(out.events, at);
  }
  std::string why;
  (void)logrouter::rejected_events({reinterpret_cast<const char*>(data), size}, 10, why);
  return 0;
}
