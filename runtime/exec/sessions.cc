#include "runtime/exec/sessions.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/ids.h"
#include "base/logging.h"

namespace drydock::runtime {
namespace {

Result<const ContainerView*> running_container(const TaskView& task, const std::string& name) {
  const auto at = std::find_if(task.containers.begin(), task.containers.end(),
                               [&](const ContainerView& c) { return c.name == name; });
  if (at == task.containers.end()) {
    std::string names;
    for (const ContainerView& c : task.containers) names += (names.empty() ? "" : ", ") + c.name;
    return fail(Errc::kNotFound, "task " + task.spec->task_id + " has no container '" +
                                     name.substr(0, 255) + "'; it has " + names);
  }
  if (at->known != ContainerStatus::kRunning || at->bundle.empty())
    return fail(Errc::kBusy, "container '" + name + "' of task " + task.spec->task_id + " is " +
                                 std::string(metadata_name(at->known)) + ", not RUNNING");
  return &*at;
}

Status check(const ExecRequest& request) {
  if (request.command.empty() || request.command.front().empty())
    return fail(Errc::kInvalid, "the command is empty");
  if (!request.working_directory.empty() && request.working_directory.front() != '/')
    return fail(Errc::kInvalid,
                "the working directory '" + request.working_directory + "' is not absolute");
  for (const std::string& one : request.environment)
    if (one.find('=') == std::string::npos || one.front() == '=')
      return fail(Errc::kInvalid,
                  "the environment setting \"" + one.substr(0, 100) + "\" is not NAME=VALUE");
  return {};
}

Result<Json> container_process(const ContainerView& container) {
  DRYDOCK_LET(const std::string text, read_file(container.bundle + "/config.json", 4u << 20));
  DRYDOCK_LET(const Json config, parse_json(text));
  const Json* process = json_find(config, "process");
  if (!process) return fail(Errc::kSystem, container.bundle + "/config.json has no process");
  return *process;
}

Result<ContainerUser> user_in(const std::string& rootfs, const std::string& user) {
  const UniqueFd root(::open(rootfs.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return fail_errno("open " + rootfs);
  return resolve_user(root.get(), user);
}

}  // namespace

PreparedExec::~PreparedExec() {
  if (!call_.folder.empty()) (void)remove_tree(call_.folder);  // what stays is swept at the start
}

ExecSessions::ExecSessions(Loop& loop, const Machine& machine)
    : loop_(loop),
      runtime_(machine.runtime),
      runtime_root_(machine.paths.runtime_root()),
      shim_(machine.shim),
      paths_(machine.paths) {
  if (machine.cgroups) join_ = machine.cgroups->shim_files();
}

ExecSessions::~ExecSessions() = default;

Result<std::unique_ptr<ExecSessions>> ExecSessions::create(Loop& loop, const Machine& machine) {
  const std::string folder = machine.paths.execs();
  DRYDOCK_TRY(make_dirs(folder, 0700));
  for (const std::string& name : list_dir(folder)) (void)remove_tree(folder + "/" + name);
  return std::unique_ptr<ExecSessions>(new ExecSessions(loop, machine));
}

Result<PreparedExec> ExecSessions::prepare(const TaskView& task, const std::string& container,
                                           const ExecRequest& request) const {
  if (count_ >= kMost)
    return fail(Errc::kLimited, "there are " + std::to_string(kMost) +
                                    " sessions in containers already; end one and try again");
  DRYDOCK_TRY(check(request));
  DRYDOCK_LET(const ContainerView* const view, running_container(task, container));
  DRYDOCK_LET(const Json process, container_process(*view));
  std::optional<ContainerUser> user;
  if (!request.user.empty()) {
    DRYDOCK_LET(user, user_in(paths_.rootfs(task.spec->task_id, container), request.user));
  }
  shim::ExecCall call;
  call.folder = paths_.execs() + "/" + random_hex(8);
  call.id = task.spec->container_ids.at(container);
  call.runtime = runtime_;
  call.runtime_root = runtime_root_;
  call.terminal = request.terminal;
  call.input = request.input;
  call.join = join_;
  DRYDOCK_TRY(make_dirs(call.folder, 0700));
  PreparedExec prepared(std::move(call));
  DRYDOCK_TRY(write_file_atomic(prepared.call().folder + "/" + shim::kProcessFile,
                                dump_json(exec_process(process, request, user)), 0600));
  return prepared;
}

void ExecSessions::start(PreparedExec prepared, UniqueFd stream) {
  int ends[2];
  Result<Child> shim = fail(Errc::kSystem, "");
  UniqueFd life;
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    shim = fail_errno("make a pipe");
  } else {
    life.reset(ends[0]);
    const UniqueFd theirs(ends[1]);
    SpawnRequest request;
    request.program = shim_;
    request.args = shim::arguments(prepared.call());
    request.stdin_fd = stream.get();
    request.stdout_fd = theirs.get();
    shim = spawn(request);
  }
  if (!shim) {
    const std::string text = frames::text_of(frames::Kind::kFailed, "\x7d" + shim.error().message);
    (void)write_all(stream.get(), text);
    return;
  }
  const int number = next_++;
  Running& running = running_[number];
  running = {std::move(*shim), std::move(life), {}, prepared.release().folder};
  ++count_;
  running.ended = loop_.readable(running.shim.pidfd.get(), [this, number] { ended(number); });
}

void ExecSessions::ended(int number) {
  const auto at = running_.find(number);
  siginfo_t info{};
  (void)::waitid(P_PIDFD, static_cast<id_t>(at->second.shim.pidfd.get()), &info, WEXITED);
  if (auto gone = remove_tree(at->second.folder); !gone)
    log::debug("forget a session: " + gone.error().message);
  at->second.ended.cancel();
  running_.erase(at);
  --count_;
}

}  // namespace drydock::runtime
