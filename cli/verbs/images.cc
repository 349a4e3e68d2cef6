#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/files.h"
#include "base/spawn.h"
#include "cli/daemon_process.h"
#include "cli/session.h"

namespace drydock::cli {
namespace {

std::string short_digest(const std::string& digest) {
  return digest.starts_with("sha256:") ? digest.substr(7, 12) : digest;
}

std::vector<std::vector<std::string>> image_rows(const Json& images) {
  std::vector<std::vector<std::string>> rows = {
      {"IMAGE", "DIGEST", "ARCHITECTURE", "SIZE", "CREATED"}};
  for (const auto& image : images) {
    const auto created = parse_rfc3339(json_string(image, "created"));
    const double age = created ? epoch_seconds(now()) - epoch_seconds(*created) : 0;
    const std::vector<std::string> rest = {
        short_digest(json_string(image, "digest")), json_string(image, "architecture", "-"),
        human_size(static_cast<double>(json_int(image, "size"))),
        created && epoch_seconds(*created) > 0 ? human_age(age) : "-"};
    std::vector<std::string> names;
    if (const Json* list = json_find(image, "names"); list && list->is_array())
      for (const auto& n : *list) names.push_back(n.is_string() ? n.get<std::string>() : "");
    if (names.empty()) names.emplace_back("-");
    for (auto& name : names) {
      rows.push_back({std::move(name)});
      rows.back().insert(rows.back().end(), rest.begin(), rest.end());
    }
  }
  return rows;
}

// A stream of bytes for the daemon, and what must be well when it has ended.
class Source {
 public:
  static Result<Source> open(const std::string& file);
  ssize_t read(char* buffer, std::size_t size) const {
    for (;;) {
      const ssize_t n = ::read(fd_.get(), buffer, size);
      if (n >= 0 || errno != EINTR) return n;
    }
  }
  Status finish();

 private:
  UniqueFd fd_;
  std::optional<Child> tar_;
};

// An OCI layout folder travels as the archive it would be.
Result<Source> Source::open(const std::string& file) {
  Source source;
  struct stat info {};
  if (file == "-") {
    source.fd_.reset(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
    if (!source.fd_) return fail_errno("read standard input");
    return source;
  }
  if (::stat(file.c_str(), &info) != 0) return fail_errno("read " + file);
  if (!S_ISDIR(info.st_mode)) {
    source.fd_.reset(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!source.fd_) return fail_errno("read " + file);
    return source;
  }
  if (!exists(file + "/oci-layout"))
    return fail(
        Errc::kInvalid,
        file + " is a folder without an oci-layout file: name an archive or an OCI image layout");
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("make a pipe");
  source.fd_.reset(ends[0]);
  const UniqueFd write_end(ends[1]);
  SpawnRequest tar;
  tar.program = find_in_path("tar");
  if (tar.program.empty())
    return fail(Errc::kNotFound, "tar, which packs the folder " + file + ", is not in PATH");
  tar.args = {"-C", file, "-cf", "-", "."};
  tar.stdout_fd = write_end.get();
  tar.stderr_fd = STDERR_FILENO;
  DRYDOCK_LET(Child child, spawn(tar));
  source.tar_ = std::move(child);
  return source;
}

Status Source::finish() {
  fd_.reset();
  if (!tar_) return {};
  siginfo_t info{};
  while (::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(tar_->pidfd.get()), &info,
                  WEXITED) != 0 &&
         errno == EINTR) {
  }
  if (info.si_code == CLD_EXITED && info.si_status == 0) return {};
  return fail(Errc::kSystem, "tar could not pack the folder");
}

Result<Json> load(Session& session, const LoadOptions& options) {
  if (options.file == "-" && ::isatty(STDIN_FILENO) == 1)
    return fail(Errc::kInvalid, "--input -: standard input is a terminal, not an archive");
  DRYDOCK_LET(Source source, Source::open(options.file));
  DRYDOCK_LET(const Client client, session.connect());
  const std::string query = options.name.empty() ? "" : "?name=" + url_encode(options.name);
  auto answer = client.upload("images/load" + query, [&](char* buffer, std::size_t size) {
    return source.read(buffer, size);
  });
  const auto packed = source.finish();
  if (!answer) return tl::unexpected(std::move(answer.error()).in("load " + options.file));
  if (!packed) return tl::unexpected(packed.error());
  return answer;
}

void print_names(Session& session, const Json& answer, const char* member) {
  const Json* names = json_find(answer, member);
  for (const auto& n : names ? *names : Json::array())
    if (n.is_string()) session.out.line(n.get<std::string>());
}

}  // namespace

int execute(Session& session, const ImagesOptions&) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  const auto answer = client->get("images");
  if (!answer) return session.failed(answer.error());
  if (session.common.json) return session.print_json(*answer);
  const Json* images = json_find(*answer, "images");
  const auto rows = image_rows(images ? *images : Json::array());
  if (!session.common.quiet) session.out.write(table(rows));
  for (std::size_t i = 1; session.common.quiet && i < rows.size(); ++i)
    session.out.line(rows[i][0]);
  return 0;
}

int execute(Session& session, const LoadOptions& options) {
  const auto answer = load(session, options);
  if (!answer) return session.failed(answer.error());
  if (session.common.json) return session.print_json(*answer);
  print_names(session, *answer, "images");
  return 0;
}

int execute(Session& session, const TagOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  const auto answer =
      client->post("images/tag", Json{{"source", options.source}, {"target", options.target}});
  return answer ? 0 : session.failed(answer.error());
}

int execute(Session& session, const RmiOptions& options) {
  const auto client = session.connect();
  if (!client) return session.failed(client.error());
  int exit_code = 0;
  for (const auto& reference : options.references) {
    const auto answer = client->remove("images?ref=" + url_encode(reference));
    if (answer)
      print_names(session, *answer, "untagged");
    else
      exit_code = session.failed(answer.error());
  }
  return exit_code;
}

}  // namespace drydock::cli
