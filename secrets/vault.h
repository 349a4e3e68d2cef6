#pragma once
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/result.h"
#include "secrets/documents.h"
#include "secrets/seal.h"

namespace drydock::secrets {

// Every secret and parameter, in memory, by document_key().
class Contents {
 public:
  const std::map<std::string, SecretPtr>& secrets() const { return secrets_; }
  const std::map<std::string, ParameterPtr>& parameters() const { return parameters_; }
  // Nullptr when there is none. Keys of nothing else begin with a place's document_key(place, "").
  SecretPtr secret(const Place& place, std::string_view name) const;
  ParameterPtr parameter(const Place& place, std::string_view name) const;

  void put(Secret secret);
  void put(Parameter parameter);
  void drop(const Secret& secret);
  void drop(const Parameter& parameter);

 private:
  friend class Vault;
  std::map<std::string, SecretPtr> secrets_;
  std::map<std::string, ParameterPtr> parameters_;
  // What changed since Vault::change began, with what it was.
  std::map<std::string, SecretPtr> old_secrets_;
  std::map<std::string, ParameterPtr> old_parameters_;
};

// The durable store of both services: a file for each secret and parameter, encrypted with the key
// in <folder>/key, replaced as a whole: a daemon that is killed has the old or the new one. Beside
// them what tasks were given. Thread-safe; blocks for the disk.
class Vault {
 public:
  // kInvalid names a file that cannot be decrypted, and what to do.
  static Result<std::unique_ptr<Vault>> open(const std::string& folder);

  // `read(contents)` while nothing changes.
  template <class Read>
  auto read(Read read) const {
    const std::lock_guard lock(mutex_);
    return read(static_cast<const Contents&>(contents_));
  }
  // Keeps what `change` did when it gives true and the disk took it; else it did nothing.
  Status change(const std::function<bool(Contents&)>& change);
  // Forgets everything (reset).
  Status clear();

  // What the task `id` was given, for as long as it is known. Encrypted as all else.
  Status hold(const std::string& id, std::string_view text);
  std::optional<std::string> held(const std::string& id) const;
  void release(const std::string& id) const;
  void release_all_but(const std::set<std::string>& ids) const;

  const Sealer& sealer() const { return sealer_; }

 private:
  Vault(std::string folder, Sealer sealer)
      : folder_(std::move(folder)), sealer_(std::move(sealer)) {}
  Status load();
  Status load_file(const std::string& name);
  Status save_changed();
  Status save(const std::string& name, const Json* document) const;

  std::string folder_;
  Sealer sealer_;
  mutable std::mutex mutex_;
  Contents contents_;
};

}  // namespace drydock::secrets
