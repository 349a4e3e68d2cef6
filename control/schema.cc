#include <fcntl.h>

#include <array>
#include <string>

#include "base/logging.h"
#include "base/unique_fd.h"
#include "control/schema_internal.h"

namespace drydock::control {
namespace {

// Step n makes schema n + 1 of schema n; 0 is an empty file. Steps never change once released.
constexpr std::array<const char*, kSchema> kSteps = {
    "CREATE TABLE IF NOT EXISTS documents (kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT "
    "NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID",
    "CREATE TABLE about (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"};

// Who wrote a database of a later schema, as far as it says so.
std::string writer_of(sqlite3* db, const std::string& path) {
  const auto told = one_value(db, path, "SELECT value FROM about WHERE name='written_by'");
  return told && !told->empty() ? "Drydock " + *told : "a newer Drydock";
}

Status check_sound(sqlite3* db, const std::string& path) {
  DRYDOCK_LET(const std::string sound, one_value(db, path, "PRAGMA quick_check(1)"));
  if (sound == "ok") return {};
  return fail(Errc::kInvalid, path + ": " + sound +
                                  ": the state database is damaged; move it (and its -wal and -shm "
                                  "files) away to start with an empty one");
}

// A whole copy, with what the -wal file holds. SQLite writes it into the empty file that is made
// here, so that its mode is right from the first byte.
Status keep_copy(sqlite3* db, const std::string& path, int schema) {
  const std::string copy = path + ".schema-" + std::to_string(schema);
  const UniqueFd made(
      ::open(copy.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!made) return fail_errno("keep a copy of the state database as " + copy);
  DRYDOCK_LET(const Statement vacuum, prepare(db, path, "VACUUM INTO ?1"));
  bind(vacuum.get(), 1, copy);
  if (sqlite3_step(vacuum.get()) != SQLITE_DONE)
    return failed(db, path, "keep a copy (" + copy + ") of");
  log::info("the state database has schema " + std::to_string(schema) + " and becomes schema " +
            std::to_string(kSchema) + "; a copy is kept as " + copy);
  return {};
}

Status migrate(sqlite3* db, const std::string& path, int schema) {
  DRYDOCK_TRY(exec(db, path, "BEGIN IMMEDIATE"));
  Status all = [&]() -> Status {
    for (int step = schema; step < kSchema; ++step) DRYDOCK_TRY(exec(db, path, kSteps.at(step)));
    const std::string mark = "PRAGMA user_version=" + std::to_string(kSchema);
    DRYDOCK_TRY(exec(db, path, mark.c_str()));
    return exec(db, path, "COMMIT");
  }();
  if (!all) sqlite3_exec(db, "ROLLBACK", nullptr, nullptr, nullptr);
  return all;
}

Status sign(sqlite3* db, const std::string& path, const std::string& version) {
  DRYDOCK_LET(const Statement put,
              prepare(db, path, "INSERT OR REPLACE INTO about VALUES ('written_by', ?1)"));
  bind(put.get(), 1, version);
  return sqlite3_step(put.get()) == SQLITE_DONE ? Status() : failed(db, path, "write to");
}

}  // namespace

Status prepare_schema(sqlite3* db, const std::string& path, const std::string& version) {
  DRYDOCK_TRY(
      exec(db, path,
           "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA locking_mode=EXCLUSIVE"));
  DRYDOCK_LET(const std::string found, one_value(db, path, "PRAGMA user_version"));
  const int schema = std::stoi(found);
  if (schema > kSchema)
    return fail(Errc::kInvalid, path + " has schema " + found + " and this program (" + version +
                                    ") knows up to " + std::to_string(kSchema) +
                                    ": it was written by " + writer_of(db, path) +
                                    "; use that version, or another --root");
  DRYDOCK_TRY(check_sound(db, path));
  if (schema > 0 && schema < kSchema) DRYDOCK_TRY(keep_copy(db, path, schema));
  if (schema < kSchema) DRYDOCK_TRY(migrate(db, path, schema));
  return sign(db, path, version);
}

}  // namespace drydock::control
