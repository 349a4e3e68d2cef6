#pragma once
#include <string>

#include "base/json.h"
#include "metadata/documents.h"
#include "metadata/stats_book.h"

// The shape of statistics: one of Docker's samples (metadata.md 10). Pure.
namespace drydock::metadata {

// Null when `container` is not in the present sample.
Json stats_document(const StatsBook::Observed& seen, const runtime::TaskSpec& spec,
                    const std::string& container, Version version);

}  // namespace drydock::metadata
