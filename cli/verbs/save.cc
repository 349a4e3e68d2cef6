#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "base/files.h"
#include "base/ids.h"
#include "cli/session.h"

namespace drydock::cli {
namespace {

// Where an archive goes: a file that gets its name when it is whole, or standard output.
class Target {
 public:
  explicit Target(const std::string& file) : file_(file) {}
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;
  ~Target() {
    if (!part_.empty()) ::unlink(part_.c_str());
  }

  Status open() {
    struct stat info {};
    if (file_ == "-" || file_.empty()) {
      if (::isatty(STDOUT_FILENO) == 1)
        return fail(Errc::kInvalid,
                    "an archive does not belong on a terminal: name a file with -o FILE");
      fd_.reset(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
      return fd_ ? Status() : Status(fail_errno("write to standard output"));
    }
    const bool special = ::stat(file_.c_str(), &info) == 0 && !S_ISREG(info.st_mode);
    if (special && S_ISDIR(info.st_mode)) return fail_errno("write " + file_, EISDIR);
    std::string path = file_;
    if (!special) path = part_ = file_ + ".part-" + std::to_string(::getpid());
    fd_.reset(::open(path.c_str(), O_WRONLY | O_CLOEXEC | (special ? 0 : O_CREAT | O_EXCL), 0644));
    if (fd_) return {};
    part_.clear();
    return fail_errno("write " + file_);
  }

  Status write(std::string_view bytes) {
    if (const auto done = write_all(fd_.get(), bytes); !done)
      return fail(done.error().code, "write " + (file_.empty() ? "standard output" : file_) + ": " +
                                         done.error().message);
    return {};
  }

  Status finish() {
    if (part_.empty()) return {};
    if (::rename(part_.c_str(), file_.c_str()) != 0) return fail_errno("write " + file_);
    part_.clear();
    return {};
  }

 private:
  std::string file_;
  std::string part_;
  UniqueFd fd_;
};

Status save(Session& session, const SaveOptions& options) {
  DRYDOCK_LET(const Client client, session.connect());
  Target target(options.file);
  DRYDOCK_TRY(target.open());
  std::string path = "images/save";
  for (const auto& reference : options.references)
    path += (path.find('?') == std::string::npos ? "?ref=" : "&ref=") + url_encode(reference);
  Status written;
  const auto streamed = client.stream(path, [&](std::string_view bytes) {
    written = target.write(bytes);
    return written.has_value();
  });
  DRYDOCK_TRY(written);
  DRYDOCK_TRY(streamed);
  return target.finish();
}

}  // namespace

int execute(Session& session, const SaveOptions& options) {
  const auto saved = save(session, options);
  return saved ? 0 : session.failed(saved.error());
}

}  // namespace drydock::cli
