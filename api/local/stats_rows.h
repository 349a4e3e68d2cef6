#pragma once
#include "base/json.h"
#include "metadata/stats_book.h"

namespace drydock::api::local {

// What `drydock stats` shows of a task's running containers, in the order of its definition
// (README.md beside this). Rates are absent in the first look. Pure.
Json stats_row(const metadata::StatsBook::Observed& seen, const runtime::TaskView& task);

}  // namespace drydock::api::local
