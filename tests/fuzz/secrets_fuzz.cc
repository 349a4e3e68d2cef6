// What names secrets, files of secrets, files of the vault and answers of other services.
// Properties: what is accepted has a name and no control characters in it, errors hold no piece of
// the text, and nothing opens what was not sealed.
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "base/json.h"
#include "secrets/find.h"
#include "secrets/remote.h"
#include "secrets/seal.h"
#include "secrets/secrets_file.h"
#include "secrets/value_from.h"

namespace {

using namespace drydock::secrets;

void require(bool fact) {
  if (!fact) std::abort();
}

const Sealer& sealer() {
  static const Sealer one = [] {
    char name[] = "/tmp/drydock-fuzz-XXXXXX";
    const std::string folder = ::mkdtemp(name);
    auto made = Sealer::open(folder + "/key");
    (void)::unlink((folder + "/key").c_str());
    (void)::rmdir(folder.c_str());
    return std::move(*made);
  }();
  return one;
}

void read_names(const std::string& text) {
  const auto from = parse_value_from(text);
  if (from) {
    require(!from->name.empty() && !from->id.empty() && from->text == text);
    require(std::none_of(text.begin(), text.end(),
                         [](char c) { return static_cast<unsigned char>(c) < ' '; }));
    require(from->version_stage.empty() || from->version_id.empty());
    require(without_suffix(from->name).size() <= from->name.size());
  }
  (void)parse_credentials_parameter(text);
  const ParameterId id = parse_parameter_id({"r", "a"}, text);
  require(id.name.find(':') == std::string::npos);
}

void read_file(const std::string& text) {
  const auto file = SecretsFile::parse(text);
  if (!file) return;
  for (const auto& [name, value] : file->entries())
    if (const auto from = parse_value_from(name)) require(file->find(*from, "").has_value());
}

void read_vault(const std::string& text) {
  require(!sealer().unseal(text, "x"));
  const auto sealed = sealer().seal(text, "x");
  require(sealed && sealer().unseal(*sealed, "x").value() == text);
  require(!sealer().unseal(*sealed, "y"));
  std::string changed = *sealed;
  changed[changed.size() / 2] ^= 1;
  require(!sealer().unseal(changed, "x"));
  const auto document = drydock::parse_json(text);
  if (!document || !document->is_object()) return;
  if (const auto secret = secret_of_json(*document))
    require(secret_of_json(secret_json(*secret)).value() == *secret);
  if (const auto parameter = parameter_of_json(*document)) {
    require(parameter_of_json(parameter_json(*parameter)).value() == *parameter);
    (void)parameter->selected(text);
  }
}

void read_answers(const std::string& text) {
  (void)read_secret_answer({200, text, "", ""}, "e");
  std::map<std::string, Told> told;
  read_parameters_answer({200, text, "", ""}, "e", {"a", "/b:2"}, told);
  require(told.size() == 2);
  (void)json_value(text, "k");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  read_names(text);
  read_file(text);
  read_vault(text);
  read_answers(text);
  return 0;
}
