#pragma once
#include <sqlite3.h>

#include <memory>
#include <string>

#include "base/result.h"

// The few calls of SQLite that the store and its schema make. Private to control.
namespace drydock::control {

struct CloseDb {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
struct Finalize {
  void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
};
using Db = std::unique_ptr<sqlite3, CloseDb>;
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

// What SQLite says of its last error, and what to do. `doing`: "write to".
Status failed(sqlite3* db, const std::string& path, const std::string& doing);
Status exec(sqlite3* db, const std::string& path, const char* sql);
Result<Statement> prepare(sqlite3* db, const std::string& path, const char* sql);
// The first column of the first row, as text; empty without a row.
Result<std::string> one_value(sqlite3* db, const std::string& path, const char* sql);
void bind(sqlite3_stmt* s, int at, const std::string& text);

}  // namespace drydock::control
