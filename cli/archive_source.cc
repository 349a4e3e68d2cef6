#include "cli/archive_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/json.h"
#include "base/limits.h"
#include "cli/daemon_process.h"

namespace drydock::cli {

Result<std::string> index_of_tag(const std::string& index, const std::string& tag) {
  DRYDOCK_LET(Json json, parse_json(index));
  const Json* list = json_find(json, "manifests");
  if (!list || !list->is_array())
    return fail(Errc::kInvalid, "index.json has no list of manifests");
  Json kept = Json::array();
  std::string known;
  for (const auto& entry : *list) {
    const Json* notes = json_find(entry, "annotations");
    const std::string name =
        notes ? json_string(*notes, "org.opencontainers.image.ref.name") : std::string();
    if (name == tag) kept.push_back(entry);
    if (!name.empty()) known += (known.empty() ? "" : ", ") + name;
  }
  if (kept.empty())
    return fail(Errc::kNotFound, "no image is called " + tag + " there" +
                                     (known.empty() ? "" : "; there are: " + known));
  json["manifests"] = std::move(kept);
  return dump_json(json);
}

Result<ArchiveSource> ArchiveSource::open(const std::string& file, const std::string& tag) {
  ArchiveSource source;
  struct stat info {};
  if (file == "-") {
    if (::isatty(STDIN_FILENO) == 1)
      return fail(Errc::kInvalid, "-: standard input is a terminal, not an archive");
    source.fd_.reset(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
    if (!source.fd_) return fail_errno("read standard input");
    return source;
  }
  if (::stat(file.c_str(), &info) != 0) return fail_errno("read " + file);
  if (S_ISDIR(info.st_mode)) {
    DRYDOCK_TRY(source.open_folder(file, tag));
    return source;
  }
  source.fd_.reset(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!source.fd_) return fail_errno("read " + file);
  return source;
}

Status ArchiveSource::open_folder(const std::string& folder, const std::string& tag) {
  if (!exists(folder + "/oci-layout"))
    return fail(
        Errc::kInvalid,
        folder + " is a folder without an oci-layout file: name an archive or an OCI image layout");
  SpawnRequest tar;
  tar.program = find_in_path("tar");
  if (tar.program.empty())
    return fail(Errc::kNotFound, "tar, which packs the folder " + folder + ", is not in PATH");
  tar.args = {"-C", folder, "-cf", "-", "."};
  if (!tag.empty()) {
    DRYDOCK_LET(const std::string index, read_file(folder + "/index.json", limits::kImageManifest));
    auto one = index_of_tag(index, tag);
    if (!one) return tl::unexpected(std::move(one.error()).in(folder));
    char name[] = "/tmp/drydock-layout-XXXXXX";
    if (!::mkdtemp(name)) return fail_errno("make a folder in /tmp");
    scratch_ = name;
    DRYDOCK_TRY(write_file_atomic(scratch_ + "/index.json", *one));
    tar.args = {"-C",     folder,      "--exclude=./index.json", "-cf", "-", ".", "-C",
                scratch_, "index.json"};
  }
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("make a pipe");
  fd_.reset(ends[0]);
  const UniqueFd write_end(ends[1]);
  tar.stdout_fd = write_end.get();
  tar.stderr_fd = STDERR_FILENO;
  DRYDOCK_LET(Child child, spawn(tar));
  tar_ = std::move(child);
  return {};
}

ArchiveSource::~ArchiveSource() {
  if (!scratch_.empty()) (void)remove_tree(scratch_);
}

ssize_t ArchiveSource::read(char* buffer, std::size_t size) const {
  for (;;) {
    const ssize_t n = ::read(fd_.get(), buffer, size);
    if (n >= 0 || errno != EINTR) return n;
  }
}

Status ArchiveSource::finish() {
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

}  // namespace drydock::cli
