#pragma once
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace drydock::control {

// The documents that survive the daemon, in one SQLite file (WAL, synchronous=NORMAL: a killed
// daemon loses nothing that was committed; only a power cut may lose the last commits). Documents
// in memory are the truth (decision 15): callers queue what changed, one thread of the store
// commits whatever has gathered, as one transaction.
//
// When a commit fails (disk full), those who wait for it get the error; the changes stay queued,
// newest value of each document only, and are tried again with the next commit. A ballast file
// beside the database is given up first, so that a full disk does not make the daemon unable to
// record how its tasks end (decision 26).
class Store {
 public:
  // Opens or makes `path` (mode 0600). kInvalid when the file is damaged or was written by a newer
  // version: the message names the file and what to do.
  static Result<std::unique_ptr<Store>> open(const std::string& path);
  ~Store();  // commits what is queued
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  using Documents = std::vector<std::pair<std::string, std::string>>;  // id, text
  // Every committed document of a kind, by id.
  Result<Documents> load_all(const std::string& kind);

  // While one lives, nothing is committed: what is queued meanwhile becomes one transaction.
  class Hold {
   public:
    explicit Hold(Store& store);
    ~Hold();
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    Store& store_;
  };

  // Queue a change; thread-safe, never blocks on the disk.
  void put(std::string kind, std::string id, std::string text);
  void remove(std::string kind, std::string id);
  // Queues the removal of every document of every kind (reset, decision 22).
  void clear();

  // Becomes ready when everything queued before is on disk, or with the error that prevented it.
  std::shared_future<Status> committed();

 private:
  struct State;
  explicit Store(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace drydock::control
