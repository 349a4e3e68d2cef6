#include "netns/nft.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "base/files.h"
#include "base/spawn.h"

namespace drydock::netns {
namespace {

constexpr std::size_t kMaxOutput = 1u << 20;

// Memory files instead of pipes: neither side can block on the other.
Result<UniqueFd> memory_file(std::string_view text) {
  UniqueFd fd(::memfd_create("drydock", MFD_CLOEXEC));
  if (!fd) return fail_errno("memfd_create");
  DRYDOCK_TRY(write_all(fd.get(), text));
  if (::lseek(fd.get(), 0, SEEK_SET) != 0) return fail_errno("lseek");
  return fd;
}

std::string contents(int fd) {
  const off_t size = ::lseek(fd, 0, SEEK_END);
  std::string text(std::min<std::size_t>(size < 0 ? 0 : static_cast<std::size_t>(size), kMaxOutput),
                   '\0');
  const ssize_t n = ::pread(fd, text.data(), text.size(), 0);
  text.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
  return text;
}

Result<int> wait_for(const Child& child) {
  siginfo_t info{};
  while (::waitid(P_PIDFD, static_cast<id_t>(child.pidfd.get()), &info, WEXITED) != 0)
    if (errno != EINTR) return fail_errno("waitid");
  return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

}  // namespace

Result<Finished> run_program(const std::string& name, const std::vector<std::string>& args,
                             std::string_view input) {
  std::string path;
  for (const char* folder : {"/usr/sbin/", "/sbin/", "/usr/bin/", "/usr/local/sbin/"})
    if (path = folder + name; ::access(path.c_str(), X_OK) == 0) break;
  DRYDOCK_LET(const UniqueFd in, memory_file(input));
  DRYDOCK_LET(const UniqueFd out, memory_file(""));
  DRYDOCK_LET(const UniqueFd err, memory_file(""));
  auto child = spawn({path, args, {"LC_ALL=C"}, in.get(), out.get(), err.get()});
  if (!child) return tl::unexpected(std::move(child.error()));
  DRYDOCK_LET(const int code, wait_for(*child));
  return Finished{code, contents(out.get()), contents(err.get())};
}

Status nft(std::string_view text) {
  auto done = run_program("nft", {"-f", "-"}, text);
  if (!done && done.error().code == Errc::kNotFound)
    return fail(Errc::kNotFound, "the program nft is missing: install the package nftables");
  if (!done) return tl::unexpected(std::move(done.error()));
  if (done->exit_code == 0) return {};
  const std::string first = done->err.substr(0, done->err.find('\n')).substr(0, 300);
  const bool absent = done->err.find("No such file or directory") != std::string::npos;
  return fail(absent ? Errc::kNotFound : Errc::kSystem,
              "nft: " + (first.empty() ? "exit code " + std::to_string(done->exit_code) : first));
}

}  // namespace drydock::netns
