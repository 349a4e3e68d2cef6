#pragma once
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "metadata/credentials_route.h"
#include "metadata/local_keys.h"
#include "metadata/profile.h"
#include "runtime/task_spec.h"

namespace drydock::metadata {

struct KeeperOptions {
  ProfileOwner owner;        // whose profiles serve who brings none (decision 12)
  std::string region;        // for STS, when a profile names none
  std::string sts_endpoint;  // empty: AWS's
  std::string sso_endpoint;  // empty: AWS's
  // A task whose profile gave no keys, and why; on any thread.
  std::function<void(const std::string& task_id, const std::string& problem)> report;
};

// The credentials of tasks with a role, fetched before they are asked for and again before they
// end (TaskSpec::credentials says how). One thread, which begins with the first task that needs a
// profile. Thread-safe; nothing here waits for that thread but the destructor.
class CredentialsKeeper {
 public:
  CredentialsKeeper(KeeperOptions options, LocalKeys& local);
  ~CredentialsKeeper();
  CredentialsKeeper(const CredentialsKeeper&) = delete;
  CredentialsKeeper& operator=(const CredentialsKeeper&) = delete;

  // The task exists. Called again it changes nothing.
  void add(const std::shared_ptr<const runtime::TaskSpec>& spec);
  void remove(const std::string& task_id);
  // The credentials of the task, if `id` is their id.
  CredentialsLookup find(const std::string& task_id, const std::string& id);

 private:
  struct Entry {
    std::shared_ptr<const runtime::TaskSpec> spec;
    std::optional<RoleCredentials> keys;
    Time due;             // when they are to be fetched (again)
    std::string trouble;  // what was reported last
  };
  void work();
  Result<RoleCredentials> fetch(const runtime::TaskSpec& spec) const;
  void keep(const std::string& task_id, Result<RoleCredentials> fetched);

  const KeeperOptions options_;
  LocalKeys& local_;
  mutable std::mutex mutex_;
  std::condition_variable news_;
  std::map<std::string, Entry> entries_;  // by task id
  bool ending_ = false;
  std::thread thread_;
};

// When keys that last until `expiration` are fetched again: SDKs want 15 minutes left.
Time refresh_at(Time now, Time expiration);

}  // namespace drydock::metadata
