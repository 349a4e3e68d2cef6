#include "images/credentials/login_secret.h"

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace drydock::images::credentials {

Result<registry::Credentials> login_of_secret(std::string_view text) {
  const auto document = parse_json(text);
  registry::Credentials found;
  if (document && document->is_object()) {
    found.username = json_string(*document, "username");
    found.password = json_string(*document, "password");
  }
  if (found.username.empty() || found.password.empty())
    return fail(Errc::kInvalid,
                R"(it must be {"username": "...", "password": "..."}, and is something else)");
  return found;
}

}  // namespace drydock::images::credentials
