#pragma once
#include "control/sqlite_internal.h"

// What the state database looks like, and how one of an earlier version becomes one of this.
// Private to control.
namespace drydock::control {

// Schemas: 1: documents. 2: also `about`, which names the version that wrote it last.
inline constexpr int kSchema = 2;

// Makes the tables of an empty database; migrates an older one, in one transaction, after a copy of
// it has been kept as "<path>.schema-<N>"; refuses a newer one (kInvalid names the version that
// wrote it and what to do) and a damaged one. `version`: this program's.
Status prepare_schema(sqlite3* db, const std::string& path, const std::string& version);

}  // namespace drydock::control
