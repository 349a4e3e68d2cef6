#include "images/unpack.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/spawn.h"

namespace drydock::images {
namespace {

constexpr std::size_t kMaxReport = 32u << 20;
constexpr int kLookForCancelMs = 100;

tl::unexpected<Error> reported(const Json& report) {
  const std::string code = json_string(report, "code");
  const Errc errc = code == "invalid"       ? Errc::kInvalid
                    : code == "unsupported" ? Errc::kUnsupported
                                            : Errc::kSystem;
  Error error{errc, json_string(report, "error", "the unpacker failed"),
              static_cast<int>(json_int(report, "errno"))};
  if (error.sys == ENOSPC) error.message += "; free disk space or move the state folder (--root)";
  return tl::unexpected(std::move(error));
}

// The helper while it runs. Its report is input from outside, too: a parser bug could have handed
// the helper to the archive's author.
class Helper {
 public:
  static Result<Helper> start(const std::string& program, std::vector<std::string> args,
                              int input_fd) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("pipe");
    Helper h;
    h.report_.reset(ends[0]);
    const UniqueFd theirs(ends[1]);
    SpawnRequest request;
    request.program = program;
    request.args = std::move(args);
    request.stdin_fd = input_fd;
    request.stdout_fd = theirs.get();
    auto child = spawn(request);
    if (!child) return tl::unexpected(std::move(child.error()).in("start the unpacker"));
    h.pidfd_ = std::move(child->pidfd);
    return h;
  }
  Helper(Helper&&) noexcept = default;
  Helper& operator=(Helper&&) = delete;
  ~Helper() {
    if (!pidfd_) return;
    (void)::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
    (void)reap();
  }

  // Lets it run on, unwatched.
  void abandon() { pidfd_.reset(); }

  // Its report, when it has ended.
  Result<Json> wait(const CancelFlag* cancel) {
    DRYDOCK_LET(const std::string text, read_report(cancel));
    DRYDOCK_LET(const siginfo_t end, reap());
    if (end.si_code != CLD_EXITED)
      return fail(Errc::kInvalid, "the unpacker was killed by signal " +
                                      std::to_string(end.si_status) +
                                      ": the archive is broken or hostile, or memory ran out");
    auto report = parse_json(text);
    if (!report || !report->is_object())
      return fail(Errc::kSystem,
                  "the unpacker ended with " + std::to_string(end.si_status) + " and no report");
    if (end.si_status != 0) return reported(*report);
    return report;
  }

 private:
  Helper() = default;

  Result<std::string> read_report(const CancelFlag* cancel) {
    std::string text;
    char buffer[65536];
    for (;;) {
      pollfd look{report_.get(), POLLIN, 0};
      while (cancel && ::poll(&look, 1, kLookForCancelMs) <= 0)
        if (cancel->is_set()) return fail(Errc::kCancelled, "cancelled");
      const ssize_t n = ::read(report_.get(), buffer, sizeof buffer);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return fail_errno("read the unpacker's report");
      if (n == 0) return text;
      text.append(buffer, static_cast<std::size_t>(n));
      if (text.size() > kMaxReport)
        return fail(Errc::kInvalid, "the unpacker's report is too long");
    }
  }

  Result<siginfo_t> reap() {
    siginfo_t info{};
    while (::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED) != 0)
      if (errno != EINTR) return fail_errno("wait for the unpacker");
    pidfd_.reset();
    return info;
  }

  UniqueFd report_;
  UniqueFd pidfd_;
};

Result<Json> run_helper(const std::string& program, std::vector<std::string> args, int input_fd) {
  DRYDOCK_LET(Helper helper, Helper::start(program, std::move(args), input_fd));
  return helper.wait(nullptr);
}

std::vector<std::string> arguments(const char* what, const std::string& folder, bool lowest,
                                   std::uint64_t bytes, std::uint64_t entries,
                                   const UnpackLimits& limits, const std::string& growing = "") {
  return {"unpack-layer",
          what,
          folder,
          std::to_string(::getpid()),
          lowest ? "1" : "0",
          std::to_string(bytes),
          std::to_string(entries),
          std::to_string(limits.memory_bytes),
          growing};
}

std::uint64_t unsigned_of(const Json& object, const char* key) {
  const long long value = json_int(object, key, -1);
  return value < 0 ? 0 : static_cast<std::uint64_t>(value);
}

LayerReport layer_report(const Json& report) {
  return {json_string(report, "diffId"), unsigned_of(report, "bytes"),
          unsigned_of(report, "entries")};
}

}  // namespace

Result<LayerReport> unpack_layer(const std::string& helper, int blob_fd, const std::string& target,
                                 bool lowest, const UnpackLimits& limits) {
  DRYDOCK_LET(const Json report, run_helper(helper,
                                            arguments("layer", target, lowest, limits.layer_bytes,
                                                      limits.layer_entries, limits),
                                            blob_fd));
  return layer_report(report);
}

struct GrowingUnpack::Impl {
  Helper helper;
  UniqueFd signs;  // a byte says that the file has grown, the end that it is whole
};

GrowingUnpack::GrowingUnpack(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GrowingUnpack::GrowingUnpack(GrowingUnpack&& other) noexcept = default;
GrowingUnpack::~GrowingUnpack() = default;

Result<GrowingUnpack> GrowingUnpack::start(const std::string& helper, const std::string& blob,
                                           const std::string& target, bool lowest,
                                           const UnpackLimits& limits) {
  int ends[2];
  // A socket, for a pipe cannot be written without the danger of SIGPIPE.
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return fail_errno("socketpair");
  UniqueFd ours(ends[0]);
  const UniqueFd theirs(ends[1]);
  DRYDOCK_LET(Helper started, Helper::start(helper,
                                            arguments("layer", target, lowest, limits.layer_bytes,
                                                      limits.layer_entries, limits, blob),
                                            theirs.get()));
  return GrowingUnpack(std::make_unique<Impl>(Impl{std::move(started), std::move(ours)}));
}

bool GrowingUnpack::more() {
  // A full socket holds signs enough.
  return ::send(impl_->signs.get(), "+", 1, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0 || errno == EAGAIN ||
         errno == EINTR || errno == ENOBUFS;
}

Result<LayerReport> GrowingUnpack::finish(const CancelFlag& cancel) {
  impl_->signs.reset();
  DRYDOCK_LET(const Json report, impl_->helper.wait(&cancel));
  return layer_report(report);
}

Result<std::vector<StagedFile>> stage_archive(const std::string& helper, int input_fd,
                                              const std::string& folder,
                                              const UnpackLimits& limits) {
  DRYDOCK_LET(const Json report,
              run_helper(helper,
                         arguments("archive", folder, false, limits.archive_bytes,
                                   limits.archive_entries, limits),
                         input_fd));
  std::vector<StagedFile> files;
  const Json* list = json_find(report, "files");
  if (!list || !list->is_array())
    return fail(Errc::kSystem, "the unpacker's report lacks its files");
  for (const Json& item : *list) {
    StagedFile f{json_string(item, "name"), json_string(item, "file"), json_string(item, "link"),
                 unsigned_of(item, "size")};
    if (f.file.find_first_not_of("0123456789") != std::string::npos)
      return fail(Errc::kInvalid, "the unpacker names the file '" + f.file + "'");
    files.push_back(std::move(f));
  }
  return files;
}

Status sync_file_system(const std::string& helper, const std::string& folder,
                        const CancelFlag& cancel) {
  DRYDOCK_LET(Helper started,
              Helper::start(helper, arguments("sync", folder, false, 0, 0, UnpackLimits{}), -1));
  auto done = started.wait(&cancel);
  if (done) return {};
  // It may sit in the kernel until the disk is done.
  if (done.error().code == Errc::kCancelled) started.abandon();
  return tl::unexpected(std::move(done.error()));
}

}  // namespace drydock::images
