#include <nlohmann/json.hpp>

#include "cli/secret_value.h"
#include "cli/session.h"

namespace drydock::cli {
namespace {

Result<Json> call(const Client& client, const char* operation, const Json& input,
                  const std::string& name = {}) {
  return client.aws(std::string("AmazonSSM.") + operation, input, name);
}

Result<Json> set(const Client& client, const ParamsSetOptions& options) {
  DRYDOCK_LET(const std::string value, read_value(options.value));
  if (!is_utf8(value))
    return fail(Errc::kInvalid, "the value is not UTF-8 text, and a parameter holds nothing else");
  Json input = {{"Name", options.name}, {"Value", value}, {"Tier", "Intelligent-Tiering"}};
  input["Type"] = options.type.empty() ? "SecureString" : options.type;
  auto made = call(client, "PutParameter", input, options.name);
  if (made || made.error().message.find("already exists") == std::string::npos) return made;
  input["Overwrite"] = true;
  if (options.type.empty()) input.erase("Type");
  return call(client, "PutParameter", input, options.name);
}

// Every page of those at or below the path.
Result<Json> all_parameters(const Client& client, const std::string& path) {
  Json all = Json::array();
  Json input = {
      {"ParameterFilters", {{{"Key", "Path"}, {"Option", "Recursive"}, {"Values", {path}}}}}};
  while (true) {
    DRYDOCK_LET(const Json page, call(client, "DescribeParameters", input));
    if (const Json* list = json_find(page, "Parameters"))
      for (const Json& one : *list) all.push_back(one);
    if (!page.contains("NextToken")) return all;
    input["NextToken"] = page["NextToken"];
  }
}

}  // namespace

int execute(Session& session, const ParamsSetOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  const auto answer = set(*client, options);
  if (!answer) return session.failed(answer.error());
  if (session.common.json) return session.print_json(*answer);
  session.out.line(options.name + ":" + std::to_string(json_int(*answer, "Version")));
  return 0;
}

int execute(Session& session, const ParamsGetOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  const auto answer = call(*client, "GetParameter",
                           {{"Name", options.name}, {"WithDecryption", true}}, options.name);
  if (!answer) return session.failed(answer.error());
  if (session.common.json) return session.print_json(*answer);
  const Json* parameter = json_find(*answer, "Parameter");
  const std::string text = parameter ? json_string(*parameter, "Value") : "";
  session.out.write(text.ends_with('\n') ? text : text + "\n");
  return 0;
}

int execute(Session& session, const ParamsListOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  const auto all = all_parameters(*client, options.path);
  if (!all) return session.failed(all.error());
  if (session.common.json) return session.print_json({{"Parameters", *all}});
  std::vector<std::vector<std::string>> rows = {{"NAME", "TYPE", "VERSION", "TIER"}};
  for (const Json& one : *all)
    rows.push_back({json_string(one, "Name"), json_string(one, "Type"),
                    std::to_string(json_int(one, "Version")), json_string(one, "Tier")});
  if (!session.common.quiet) session.out.write(table(rows));
  for (std::size_t i = 1; session.common.quiet && i < rows.size(); ++i)
    session.out.line(rows[i][0]);
  return 0;
}

int execute(Session& session, const ParamsRemoveOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  int exit_code = 0;
  for (const std::string& name : options.names) {
    auto done = call(*client, "DeleteParameter", {{"Name", name}}, name);
    if (done)
      session.out.line(name);
    else
      exit_code = session.failed(done.error());
  }
  return exit_code;
}

}  // namespace drydock::cli
