#include "secrets/vault.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/files.h"
#include "base/ids.h"

namespace drydock::secrets {
namespace {

constexpr std::size_t kLargestDocument = 32u << 20;
constexpr std::string_view kSecret = ".secret", kParameter = ".parameter";

std::string file_name(const std::string& key, std::string_view kind) {
  return sha256_hex(key).substr(0, 40) + std::string(kind);
}

template <class Map>
auto found(const Map& map, const std::string& key) {
  const auto at = map.find(key);
  return at == map.end() ? typename Map::mapped_type() : at->second;
}

// Remembers what `key` was before the first change, and makes it `now`.
template <class Map>
void replace(Map& map, Map& old, const std::string& key, typename Map::mapped_type now) {
  old.try_emplace(key, found(map, key));
  if (now)
    map[key] = std::move(now);
  else
    map.erase(key);
}

template <class Map>
void put_back(Map& map, Map& old) {
  for (auto& [key, before] : old) {
    if (before)
      map[key] = std::move(before);
    else
      map.erase(key);
  }
  old.clear();
}

}  // namespace

SecretPtr Contents::secret(const Place& place, std::string_view name) const {
  return found(secrets_, document_key(place, name));
}
ParameterPtr Contents::parameter(const Place& place, std::string_view name) const {
  return found(parameters_, document_key(place, name));
}
void Contents::put(Secret secret) {
  const std::string key = document_key(secret.place, secret.name);
  replace(secrets_, old_secrets_, key, std::make_shared<const Secret>(std::move(secret)));
}
void Contents::put(Parameter parameter) {
  const std::string key = document_key(parameter.place, parameter.name);
  replace(parameters_, old_parameters_, key,
          std::make_shared<const Parameter>(std::move(parameter)));
}
void Contents::drop(const Secret& secret) {
  replace(secrets_, old_secrets_, document_key(secret.place, secret.name), nullptr);
}
void Contents::drop(const Parameter& parameter) {
  replace(parameters_, old_parameters_, document_key(parameter.place, parameter.name), nullptr);
}

Result<std::unique_ptr<Vault>> Vault::open(const std::string& folder) {
  DRYDOCK_TRY(make_dirs(folder + "/documents", 0700));
  DRYDOCK_TRY(make_dirs(folder + "/tasks", 0700));
  const std::string key = folder + "/key";
  if (!exists(key) && !list_dir(folder + "/documents").empty())
    return fail(Errc::kInvalid, folder + " holds secrets and its key is gone: put " + key +
                                    " back, or remove the folder to begin without them");
  DRYDOCK_LET(Sealer sealer, Sealer::open(key));
  std::unique_ptr<Vault> vault(new Vault(folder, std::move(sealer)));
  DRYDOCK_TRY(vault->load());
  return vault;
}

Status Vault::load() {
  for (const std::string& name : list_dir(folder_ + "/documents")) {
    if (!name.ends_with(kSecret) && !name.ends_with(kParameter)) {  // half written, never named
      ::unlink((folder_ + "/documents/" + name).c_str());
      continue;
    }
    if (auto loaded = load_file(name); !loaded)
      return fail(Errc::kInvalid,
                  folder_ + "/documents/" + name + " cannot be read: " + loaded.error().message +
                      "; put it or " + folder_ + "/key back from a copy, or remove it");
  }
  return {};
}

Status Vault::load_file(const std::string& name) {
  DRYDOCK_LET(const std::string sealed,
              read_file(folder_ + "/documents/" + name, kLargestDocument));
  DRYDOCK_LET(const std::string text, sealer_.unseal(sealed, name));
  DRYDOCK_LET(const Json document, parse_json(text));
  if (name.ends_with(kSecret)) {
    DRYDOCK_LET(Secret secret, secret_of_json(document));
    const bool expired =
        secret.purged != 0 && Time(std::chrono::milliseconds(secret.purged)) <= drydock::now();
    if (expired) return save(name, nullptr);
    const std::string key = document_key(secret.place, secret.name);
    contents_.secrets_[key] = std::make_shared<const Secret>(std::move(secret));
    return {};
  }
  DRYDOCK_LET(Parameter parameter, parameter_of_json(document));
  const std::string key = document_key(parameter.place, parameter.name);
  contents_.parameters_[key] = std::make_shared<const Parameter>(std::move(parameter));
  return {};
}

Status Vault::change(const std::function<bool(Contents&)>& change) {
  const std::lock_guard lock(mutex_);
  Status saved;
  const bool keep = change(contents_) && (saved = save_changed()).has_value();
  if (!keep) {
    put_back(contents_.secrets_, contents_.old_secrets_);
    put_back(contents_.parameters_, contents_.old_parameters_);
    return saved;
  }
  contents_.old_secrets_.clear();
  contents_.old_parameters_.clear();
  return {};
}

Status Vault::save_changed() {
  for (const auto& [key, before] : contents_.old_secrets_) {
    const SecretPtr now = found(contents_.secrets_, key);
    const Json document = now ? secret_json(*now) : Json();
    DRYDOCK_TRY(save(file_name(key, kSecret), now ? &document : nullptr));
  }
  for (const auto& [key, before] : contents_.old_parameters_) {
    const ParameterPtr now = found(contents_.parameters_, key);
    const Json document = now ? parameter_json(*now) : Json();
    DRYDOCK_TRY(save(file_name(key, kParameter), now ? &document : nullptr));
  }
  return {};
}

// Null removes it.
Status Vault::save(const std::string& name, const Json* document) const {
  const std::string file = folder_ + "/documents/" + name;
  if (!document) {
    if (::unlink(file.c_str()) != 0 && errno != ENOENT) return fail_errno("remove " + file);
    return {};
  }
  DRYDOCK_LET(const std::string sealed, sealer_.seal(dump_json(*document), name));
  return write_file_atomic(file, sealed, 0600);
}

Status Vault::clear() {
  release_all_but({});
  return change([](Contents& contents) {
    while (!contents.secrets_.empty()) contents.drop(*contents.secrets_.begin()->second);
    while (!contents.parameters_.empty()) contents.drop(*contents.parameters_.begin()->second);
    return true;
  });
}

Status Vault::hold(const std::string& id, std::string_view text) {
  DRYDOCK_LET(const std::string sealed, sealer_.seal(text, "task " + id));
  return write_file_atomic(folder_ + "/tasks/" + id, sealed, 0600);
}

std::optional<std::string> Vault::held(const std::string& id) const {
  const auto sealed = read_file(folder_ + "/tasks/" + id, kLargestDocument);
  if (!sealed) return std::nullopt;
  auto text = sealer_.unseal(*sealed, "task " + id);
  if (!text) return std::nullopt;  // another key: the task's values are asked for again
  return std::move(*text);
}

void Vault::release(const std::string& id) const { ::unlink((folder_ + "/tasks/" + id).c_str()); }

void Vault::release_all_but(const std::set<std::string>& ids) const {
  for (const std::string& name : list_dir(folder_ + "/tasks"))
    if (!ids.contains(name)) release(name);
}

}  // namespace drydock::secrets
