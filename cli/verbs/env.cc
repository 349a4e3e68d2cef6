#include <nlohmann/json.hpp>

#include "cli/daemon_process.h"
#include "cli/session.h"
#include "cli/shell_env.h"

namespace drydock::cli {

int execute(Session& session, const EnvOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  const auto status = client->get("status");
  if (!status) return session.failed(status.error());
  const std::string address = json_string(*status, "tcpAddress");
  if (address.empty())
    return session.failed({Errc::kUnsupported,
                           "this daemon has no TCP endpoint, which AWS clients need: start it with "
                           "--listen 127.0.0.1:4590",
                           0});
  ShellEnv env{"http://" + address, json_string(*status, "region", "us-east-1"),
               options.shell == "fish", false};
  const std::string aws = find_in_path("aws");
  if (!aws.empty()) {
    const auto version = output_of(aws, {"--version"}, std::chrono::seconds(20));
    env.aws_function = !version || !aws_reads_endpoint_url(version->out);
    const char* why = version ? " is too old for AWS_ENDPOINT_URL" : " did not tell its version";
    if (env.aws_function)
      session.note(aws + why + ": a shell function aws adds --endpoint-url to each call");
  }
  session.out.write(shell_env(env));
  return 0;
}

}  // namespace drydock::cli
