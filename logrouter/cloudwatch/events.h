#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "logrouter/driver.h"
#include "logrouter/line_start.h"

// Lines as the events that the awslogs driver sends of them (as event_scan.h), and events as
// requests. Pure.
namespace drydock::logrouter {

struct OutEvent {
  std::int64_t time_ms = 0;
  std::string text;
  std::size_t entries = 0;  // of the batch, up to the end of its line: sent with this event
};
struct OutEvents {
  std::vector<OutEvent> events;
  std::size_t entries = 0;  // of the batch that they hold; those after belong to a later event
};
// Each line is an event; empty ones are none, long ones are cut. With `starts` a line that begins
// no event belongs to the one before, whose last may go on in the next batch: it is left out,
// unless `whole` says that nothing follows.
OutEvents events_of(const Batch& batch, const LineStart* starts, bool whole);

// How many of the events from `begin` on PutLogEvents takes at once: 10,000, 1 MiB with 26 bytes
// for each, within 24 hours. At least one.
std::size_t request_size(const std::vector<OutEvent>& events, std::size_t begin);

}  // namespace drydock::logrouter
