#include "control/sqlite_internal.h"

namespace drydock::control {

Status failed(sqlite3* db, const std::string& path, const std::string& doing) {
  const int code = sqlite3_errcode(db) & 0xff;
  const std::string text = doing + " " + path + ": " + sqlite3_errmsg(db);
  if (code == SQLITE_FULL)
    return fail(Errc::kSystem,
                text + ": no space left on that file system; free some and try again");
  if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
    return fail(Errc::kInvalid, text +
                                    ": the state database is damaged; move it (and its -wal and "
                                    "-shm files) away to start with an empty one");
  if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
    return fail(Errc::kBusy, text + ": another program has it open");
  return fail(Errc::kSystem, text);
}

Status exec(sqlite3* db, const std::string& path, const char* sql) {
  if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return failed(db, path, "write to");
}

Result<Statement> prepare(sqlite3* db, const std::string& path, const char* sql) {
  sqlite3_stmt* s = nullptr;
  if (sqlite3_prepare_v2(db, sql, -1, &s, nullptr) != SQLITE_OK)
    return tl::unexpected(failed(db, path, "read").error());
  return Statement(s);
}

// The first column of the first row, as text.
Result<std::string> one_value(sqlite3* db, const std::string& path, const char* sql) {
  DRYDOCK_LET(Statement s, prepare(db, path, sql));
  const int step = sqlite3_step(s.get());
  if (step == SQLITE_DONE) return std::string();
  if (step != SQLITE_ROW) return tl::unexpected(failed(db, path, "read").error());
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(s.get(), 0));
  return std::string(text ? text : "");
}

void bind(sqlite3_stmt* s, int at, const std::string& text) {
  sqlite3_bind_text(s, at, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

}  // namespace drydock::control
