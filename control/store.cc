#include "control/store.h"

#include <fcntl.h>
#include <unistd.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "base/logging.h"
#include "base/unique_fd.h"
#include "control/schema_internal.h"

namespace drydock::control {
namespace {

constexpr off_t kBallastBytes = 2 << 20;

}  // namespace

struct Store::State {
  using Key = std::pair<std::string, std::string>;  // kind, id
  struct Batch {
    bool clear = false;                                 // before `changes`
    std::map<Key, std::optional<std::string>> changes;  // nullopt: remove
    std::vector<std::promise<Status>> waiters;
    bool empty() const { return !clear && changes.empty() && waiters.empty(); }
  };

  std::string path;
  Db db;
  std::mutex db_mutex;
  std::mutex mutex;
  std::condition_variable wake;
  Batch queue;
  int holds = 0;
  bool ending = false;
  std::thread thread;

  std::string ballast_path() const { return path + ".ballast"; }
  void keep_ballast() const;
  Status write(const Batch& batch);
  void put_back(Batch&& failed_batch);
  void work();
};

void Store::State::keep_ballast() const {
  UniqueFd fd(::open(ballast_path().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (fd && ::posix_fallocate(fd.get(), 0, kBallastBytes) != 0) ::unlink(ballast_path().c_str());
}

Status Store::State::write(const Batch& batch) {
  if (!batch.clear && batch.changes.empty()) return {};
  std::lock_guard lock(db_mutex);
  DRYDOCK_TRY(exec(db.get(), path, "BEGIN IMMEDIATE"));
  const auto all = [&]() -> Status {
    if (batch.clear) DRYDOCK_TRY(exec(db.get(), path, "DELETE FROM documents"));
    DRYDOCK_LET(Statement put,
                prepare(db.get(), path, "INSERT OR REPLACE INTO documents VALUES (?1, ?2, ?3)"));
    DRYDOCK_LET(Statement drop,
                prepare(db.get(), path, "DELETE FROM documents WHERE kind=?1 AND id=?2"));
    for (const auto& [key, text] : batch.changes) {
      sqlite3_stmt* s = text ? put.get() : drop.get();
      bind(s, 1, key.first);
      bind(s, 2, key.second);
      if (text) bind(s, 3, *text);
      if (sqlite3_step(s) != SQLITE_DONE) return failed(db.get(), path, "write to");
      sqlite3_reset(s);
    }
    return {};
  }();
  Status done = all ? exec(db.get(), path, "COMMIT") : all;
  if (!done) sqlite3_exec(db.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  return done;
}

// Changes that could not be written wait for the next commit; what was queued since is newer and
// wins.
void Store::State::put_back(Batch&& failed_batch) {
  std::lock_guard lock(mutex);
  if (queue.clear) return;
  queue.clear = failed_batch.clear;
  queue.changes.merge(failed_batch.changes);
}

void Store::State::work() {
  for (;;) {
    Batch batch;
    bool last = false;
    {
      std::unique_lock lock(mutex);
      wake.wait(lock, [this] { return ending || (holds == 0 && !queue.empty()); });
      last = ending;
      std::swap(batch, queue);
    }
    if (!batch.empty()) {
      Status done = write(batch);
      if (!done && ::unlink(ballast_path().c_str()) == 0) done = write(batch);
      auto waiters = std::move(batch.waiters);
      batch.waiters.clear();
      if (!done) {
        log::error("state: " + done.error().message);
        put_back(std::move(batch));
      }
      for (auto& w : waiters) w.set_value(done);
      if (!done && !last) {
        // Nothing to retry for until someone asks again: a full disk must not turn into a busy
        // loop.
        std::unique_lock lock(mutex);
        wake.wait(lock, [this] { return ending || (holds == 0 && !queue.waiters.empty()); });
      }
    }
    if (last) return;
  }
}

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {
  state_->thread = std::thread([s = state_.get()] { s->work(); });
}

Store::~Store() {
  {
    std::lock_guard lock(state_->mutex);
    state_->ending = true;
  }
  state_->wake.notify_all();
  state_->thread.join();
}

Result<std::unique_ptr<Store>> Store::open(const std::string& path) {
  // Made here so that its mode is right from the first byte; SQLite gives its side files the same
  // mode.
  UniqueFd made(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!made) return fail_errno("open the state database " + path);
  made.reset();
  auto state = std::make_unique<State>();
  state->path = path;
  sqlite3* raw = nullptr;
  const int opened =
      sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX, nullptr);
  state->db.reset(raw);
  if (opened != SQLITE_OK) return tl::unexpected(failed(raw, path, "open").error());
  DRYDOCK_TRY(prepare_schema(raw, path, DRYDOCK_VERSION));
  state->keep_ballast();
  return std::unique_ptr<Store>(new Store(std::move(state)));
}

Result<Store::Documents> Store::load_all(const std::string& kind) {
  std::lock_guard lock(state_->db_mutex);
  sqlite3* db = state_->db.get();
  DRYDOCK_LET(Statement s, prepare(db, state_->path,
                                   "SELECT id, body FROM documents WHERE kind=?1 ORDER BY id"));
  bind(s.get(), 1, kind);
  Documents found;
  int step = SQLITE_ROW;
  while ((step = sqlite3_step(s.get())) == SQLITE_ROW) {
    const auto text = [&](int column) {
      return std::string(reinterpret_cast<const char*>(sqlite3_column_text(s.get(), column)),
                         static_cast<std::size_t>(sqlite3_column_bytes(s.get(), column)));
    };
    found.emplace_back(text(0), text(1));
  }
  if (step != SQLITE_DONE) return tl::unexpected(failed(db, state_->path, "read").error());
  return found;
}

Store::Hold::Hold(Store& store) : store_(store) {
  std::lock_guard lock(store_.state_->mutex);
  ++store_.state_->holds;
}

Store::Hold::~Hold() {
  {
    std::lock_guard lock(store_.state_->mutex);
    --store_.state_->holds;
  }
  store_.state_->wake.notify_one();
}

void Store::put(std::string kind, std::string id, std::string text) {
  {
    std::lock_guard lock(state_->mutex);
    state_->queue.changes[{std::move(kind), std::move(id)}] = std::move(text);
  }
  state_->wake.notify_one();
}

void Store::remove(std::string kind, std::string id) {
  {
    std::lock_guard lock(state_->mutex);
    state_->queue.changes[{std::move(kind), std::move(id)}] = std::nullopt;
  }
  state_->wake.notify_one();
}

void Store::clear() {
  {
    std::lock_guard lock(state_->mutex);
    state_->queue.changes.clear();
    state_->queue.clear = true;
  }
  state_->wake.notify_one();
}

std::shared_future<Status> Store::committed() {
  std::promise<Status> promise;
  auto ready = promise.get_future().share();
  {
    std::lock_guard lock(state_->mutex);
    state_->queue.waiters.push_back(std::move(promise));
  }
  state_->wake.notify_one();
  return ready;
}

}  // namespace drydock::control
