#include "images/credentials/as_owner.h"
#include "images/credentials/config_file.h"
#include "images/registry/answer.h"

namespace drydock::images::credentials {
namespace {

std::string trimmed(const std::string& text) {
  const auto end = text.find_last_not_of(" \t\r\n");
  return end == std::string::npos ? std::string() : text.substr(0, end + 1);
}

Result<std::optional<registry::Credentials>> read_answer(const std::string& program, int status,
                                                         const std::string& output) {
  if (status == 0) {
    auto found = parse_helper_answer(output);
    if (!found) return tl::unexpected(std::move(found.error()).in(program));
    return std::move(*found);
  }
  if (output.find("credentials not found") != std::string::npos) return std::nullopt;
  // An error is plain text by the protocol; what looks like an answer may hold a secret.
  const std::string said = trimmed(output);
  const bool tell = !said.empty() && said.find('{') == std::string::npos;
  return fail(Errc::kSystem, program + " failed" + (tell ? ": " + registry::printable(said) : ""));
}

}  // namespace

Result<std::optional<registry::Credentials>> ask_helper(const Owner& owner, const std::string& name,
                                                        const std::string& server,
                                                        std::chrono::milliseconds patience) {
  const std::string program = "docker-credential-" + name;
  const auto said = run_as_owner(owner, program, {"get"}, server + "\n", patience);
  if (!said && said.error().code == Errc::kNotFound)
    return fail(Errc::kNotFound, program + " is named in the docker configuration of user " +
                                     std::to_string(owner.uid) + " but is" +
                                     said.error().message.substr(program.size() + 3));
  if (!said) return tl::unexpected(said.error());
  return read_answer(program, said->status, said->text);
}

}  // namespace drydock::images::credentials
