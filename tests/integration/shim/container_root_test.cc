// The fixture of the shim's tests (container.h), and its own test.
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "container.h"
#include "runtime/shim/adopt.h"

namespace drydock::runtime::shim {
namespace {

bool cgroup_v2() { return exists("/sys/fs/cgroup/cgroup.controllers"); }

Json base_config(const std::vector<std::string>& command, const std::string& cgroup_path) {
  Json c = parse_json(R"({"ociVersion":"1.0.2",
    "process":{"user":{"uid":0,"gid":0},"cwd":"/","env":["PATH=/bin"],"terminal":false},
    "root":{"path":"rootfs"},"hostname":"shimtest",
    "mounts":[{"destination":"/proc","type":"proc","source":"proc"},
              {"destination":"/dev","type":"tmpfs","source":"tmpfs","options":["nosuid","mode=755","size=65536k"]},
              {"destination":"/dev/pts","type":"devpts","source":"devpts","options":["newinstance","ptmxmode=0666"]}],
    "linux":{"namespaces":[{"type":"pid"},{"type":"mount"},{"type":"ipc"},{"type":"uts"},{"type":"network"}]}})")
               .value();
  c["process"]["args"] = command;
  c["linux"]["cgroupsPath"] = cgroup_path;
  return c;
}

UniqueFd make_pipe(UniqueFd& write_end) {
  int ends[2] = {-1, -1};
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  write_end.reset(ends[1]);
  return UniqueFd(ends[0]);
}

}  // namespace

void wait_readable(int fd) {
  pollfd p{fd, POLLIN, 0};
  ASSERT_EQ(::poll(&p, 1, 60'000), 1);
}

std::string read_to_end(int fd) {
  std::string text;
  char buffer[4096];
  for (;;) {
    wait_readable(fd);
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
  }
}

Container::Container(std::vector<std::string> command) {
  static std::atomic<int> count{0};
  const std::string name = "shimtest-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
  cgroup_path_ = "/drydock-shimtest/" + name;
  std::string folder = "/tmp/drydock-shim.XXXXXX";
  folder_ = ::mkdtemp(folder.data());
  request.bundle = folder_ + "/bundle";
  request.id = name;
  request.runtime_root = folder_ + "/runc";
  request.journal = folder_ + "/log";
  EXPECT_TRUE(make_dirs(request.bundle + "/rootfs/bin"));
  for (const char* d : {"proc", "dev", "tmp", "etc"})
    EXPECT_TRUE(make_dirs(request.bundle + "/rootfs/" + d));
  const std::string busybox = read_file("/bin/busybox").value();
  EXPECT_TRUE(write_file_atomic(request.bundle + "/rootfs/bin/busybox", busybox, 0755));
  for (const char* applet : {"sh", "sleep", "cat", "echo", "head", "tail", "true", "seq", "yes",
                             "kill", "tr", "dd", "stty", "id"})
    EXPECT_EQ(::symlink("busybox", (request.bundle + "/rootfs/bin/" + applet).c_str()), 0);
  config = base_config(command, cgroup_path_);
}

Container::~Container() {
  if (shim_pid_ > 0 && pidfd_) {
    if (auto started = read_started(request.bundle); started && *started)
      ::kill((*started)->pid, SIGKILL);
    await_shim();
  }
  EXPECT_FALSE(find_shim(request.bundle).value()) << "a shim is left";
  EXPECT_EQ(list_dir(request.runtime_root).size(), 0u) << "the runtime still knows the container";
  for (const char* controller : {"memory", "pids", ""}) {
    // On v2 the runtime gives up on a group whose last process is still dying; the engine removes
    // it.
    const std::string group = cgroup(controller);
    for (const Time end = now() + std::chrono::seconds(10); exists(group) && now() < end;)
      if (::rmdir(group.c_str()) != 0 && errno != EBUSY) break;
    EXPECT_FALSE(exists(group)) << "a cgroup is left: " << group;
  }
  EXPECT_TRUE(remove_tree(folder_));
  for (const auto& controller : list_dir("/sys/fs/cgroup"))
    ::rmdir(("/sys/fs/cgroup/" + controller + "/drydock-shimtest").c_str());
  ::rmdir("/sys/fs/cgroup/drydock-shimtest");
}

std::string Container::cgroup(const std::string& controller) const {
  return cgroup_v2() ? "/sys/fs/cgroup" + cgroup_path_
                     : "/sys/fs/cgroup/" + controller + cgroup_path_;
}

void Container::limit_memory(long long bytes) {
  config["linux"]["resources"]["memory"] = {{"limit", bytes}};
  request.oom_files = {cgroup("memory") + (cgroup_v2() ? "/memory.events" : "/memory.oom_control")};
}

void Container::start() {
  ASSERT_TRUE(write_file_atomic(request.bundle + "/config.json", dump_json(config)));
  ASSERT_TRUE(prepare_bundle(request.bundle));
  UniqueFd out, err;
  out_ = make_pipe(out);
  err_ = make_pipe(err);
  SpawnRequest s;
  s.program = DRYDOCK_BIN_DIR "/drydock-shim";
  s.args = arguments(request);
  s.stdout_fd = out.get();
  s.stderr_fd = err.get();
  auto child = spawn(s);
  ASSERT_TRUE(child) << child.error().message;
  shim_pid_ = child->pid;
  pidfd_ = std::move(child->pidfd);
}

void Container::await_start() { read_to_end(out_.get()); }
void Container::await_exit() { said += read_to_end(err_.get()); }

int Container::await_shim() {
  wait_readable(pidfd_.get());
  siginfo_t info{};
  EXPECT_EQ(::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED), 0);
  pidfd_.reset();
  return info.si_code == CLD_EXITED ? info.si_status : 1000 + info.si_status;
}

Exited Container::run() {
  start();
  await_exit();
  Exited e = exited();
  EXPECT_EQ(await_shim(), 0);
  return e;
}

Exited Container::exited() const {
  auto e = read_exited(request.bundle);
  EXPECT_TRUE(e && *e) << "no exit.json";
  return e && *e ? **e : Exited{};
}

Started Container::started() const {
  auto s = read_started(request.bundle);
  EXPECT_TRUE(s && *s) << "no started.json";
  return s && *s ? **s : Started{};
}

std::vector<std::string> Container::log() const {
  auto reader = logrouter::JournalReader::open(request.journal).value();
  std::vector<std::string> lines;
  while (auto e = reader.next())
    lines.push_back((e->stream == logrouter::Stream::kStdout   ? "out: "
                     : e->stream == logrouter::Stream::kStderr ? "err: "
                                                               : "gap: ") +
                    e->text);
  return lines;
}

}  // namespace drydock::runtime::shim
