#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "cli/secret_value.h"
#include "cli/session.h"

namespace drydock::cli {
namespace {

constexpr const char* kService = "secretsmanager.";
constexpr std::size_t kSuffix = 7;  // "-AbCdEf"

Result<Json> call(const Client& client, const char* operation, const Json& input,
                  const std::string& name = {}) {
  return client.aws(std::string(kService) + operation, input, name);
}

// The name that a new secret of this ARN has: a definition's ARN ends with six random characters.
std::string plain_name(const std::string& name) {
  if (!name.starts_with("arn:")) return name;
  std::string plain = name.substr(name.rfind(':') + 1);
  if (plain.size() > kSuffix && plain[plain.size() - kSuffix] == '-')
    plain.resize(plain.size() - kSuffix);
  return plain;
}

Result<Json> set(const Client& client, const SecretsSetOptions& options) {
  DRYDOCK_LET(const std::string value, read_value(options.value));
  Json input = {{"Name", plain_name(options.name)}};
  const bool text = is_utf8(value);
  input[text ? "SecretString" : "SecretBinary"] = text ? value : base64(value);
  if (!options.description.empty()) input["Description"] = options.description;
  auto made = call(client, "CreateSecret", input, options.name);
  if (made || made.error().message.find("ResourceExistsException") == std::string::npos)
    return made;
  input["SecretId"] = input["Name"];
  input.erase("Name");
  return call(client, "UpdateSecret", input, options.name);
}

Result<std::string> text_of(const Json& answer) {
  if (const Json* binary = json_find(answer, "SecretBinary"); binary && binary->is_string())
    return decode_base64(binary->get<std::string>());
  return json_string(answer, "SecretString");
}

Result<std::string> member(const std::string& text, const std::string& key) {
  const auto document = parse_json(text);
  if (!document || !document->is_object())
    return fail(Errc::kInvalid, "--key: the secret is not a JSON object");
  const auto found = document->find(key);
  if (found == document->end())
    return fail(Errc::kNotFound, "--key: the secret has no member \"" + key + "\"");
  return found->is_string() ? found->get<std::string>() : dump_json(*found);
}

// Every page.
Result<Json> all_secrets(const Client& client) {
  Json all = Json::array();
  Json input = {{"SortOrder", "asc"}};
  while (true) {
    DRYDOCK_LET(const Json page, call(client, "ListSecrets", input));
    if (const Json* list = json_find(page, "SecretList"))
      for (const Json& one : *list) all.push_back(one);
    if (!page.contains("NextToken")) return all;
    input["NextToken"] = page["NextToken"];
  }
}

}  // namespace

int execute(Session& session, const SecretsSetOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  const auto answer = set(*client, options);
  if (!answer) return session.failed(answer.error());
  if (session.common.json) return session.print_json(*answer);
  session.out.line(json_string(*answer, "ARN"));
  return 0;
}

int execute(Session& session, const SecretsGetOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  Json input = {{"SecretId", options.name}};
  if (!options.stage.empty()) input["VersionStage"] = options.stage;
  const auto answer = call(*client, "GetSecretValue", input, options.name);
  if (!answer) return session.failed(answer.error());
  if (session.common.json) return session.print_json(*answer);
  auto text = text_of(*answer);
  if (text && !options.key.empty()) text = member(*text, options.key);
  if (!text) return session.failed(text.error());
  // What is no text comes as it is.
  session.out.write(is_utf8(*text) && !text->ends_with('\n') ? *text + "\n" : *text);
  return 0;
}

int execute(Session& session, const SecretsListOptions&) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  const auto all = all_secrets(*client);
  if (!all) return session.failed(all.error());
  if (session.common.json) return session.print_json({{"SecretList", *all}});
  std::vector<std::vector<std::string>> rows = {{"NAME", "VERSIONS", "DESCRIPTION", "ARN"}};
  for (const Json& one : *all) {
    const Json* versions = json_find(one, "SecretVersionsToStages");
    rows.push_back({json_string(one, "Name"), std::to_string(versions ? versions->size() : 0),
                    json_string(one, "Description", "-"), json_string(one, "ARN")});
  }
  if (!session.common.quiet) session.out.write(table(rows));
  for (std::size_t i = 1; session.common.quiet && i < rows.size(); ++i)
    session.out.line(rows[i][0]);
  return 0;
}

int execute(Session& session, const SecretsRemoveOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  int exit_code = 0;
  for (const std::string& name : options.names) {
    // The service takes the removal of what is not there for done; a person wants to know.
    auto done = call(*client, "DescribeSecret", {{"SecretId", name}}, name);
    if (done)
      done = call(*client, "DeleteSecret",
                  {{"SecretId", name}, {"ForceDeleteWithoutRecovery", true}}, name);
    if (done)
      session.out.line(name);
    else
      exit_code = session.failed(std::move(done.error()).in(name));
  }
  return exit_code;
}

}  // namespace drydock::cli
