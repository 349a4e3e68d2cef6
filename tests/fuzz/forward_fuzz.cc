#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "logrouter/builtin/forward_decoder.h"
#include "logrouter/builtin/router_plan.h"
#include "router/event.h"
#include "router/filters.h"

// What containers send to the built-in log router, and the file that tells it what to do.
namespace {

using namespace drydock;

void require(bool held) {
  if (!held) std::abort();
}

std::size_t messages_in(const std::string& text, std::size_t piece) {
  logrouter::ForwardDecoder decoder;
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    decoder.feed(std::string_view(text).substr(at, piece));
    for (;;) {
      auto message = decoder.next();
      if (!message) return count;
      if (!*message) break;
      require((*message)->times.size() == (*message)->records.size());
      for (std::size_t i = 0; i < (*message)->records.size(); ++i) {
        const router::LogEvent event{(*message)->tag, (*message)->times[i],
                                     router::packed((*message)->records[i])};
        (void)router::json_with_time(event, "date", "iso8601");
        (void)router::text_of(event, "log");
      }
      ++count;
    }
  }
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  require(messages_in(text, size + 1) == messages_in(text, 7));
  if (const auto sections = logrouter::read_router_config(text))
    for (const auto& section : *sections) {
      (void)logrouter::check_output(section);
      (void)router::make_filter(section);
    }
  return 0;
}
