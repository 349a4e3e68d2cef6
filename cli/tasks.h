#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

// What the program reads out of the daemon's task objects (api/local/README.md). Pure.
namespace drydock::cli {

inline constexpr std::size_t kShortId = 12;

std::string task_id(const Json& task);  // 32 hex
std::string short_task_id(const Json& task);
std::string task_definition(const Json& task);  // "web:3"
bool is_stopped(const Json& task);

enum class Several { kRefuse, kNewestStopped };
// The one task that `name` means: an ID or ARN, a family, a service, or the beginning of an ID. Of
// a family's or service's tasks the one that is not stopped counts; when all are stopped, the
// newest if `several` allows. kNotFound, or kInvalid with the candidates. `tasks` is oldest first.
Result<Json> find_task(const Json& tasks, const std::string& name, Several several);

// "web  http://172.31.4.17:80  also http://127.0.0.1:8080": one line a mapped port, empty before
// there is an address.
std::vector<std::string> address_lines(const Json& task);
// What runs differently here than on Fargate, as far as the daemon knows by now: one line each.
std::vector<std::string> task_notes(const Json& task);
// "web was restarted (2 times now)" for each container that was between two looks at its task.
std::vector<std::string> restart_lines(const Json& before, const Json& after);
// Whether address_lines() is final: the network is ready, or the task got no further.
bool addresses_are_known(const Json& task);

// How a task ended, as `run` and `wait` show it: cli.md, "Exit codes".
int exit_code_of(const Json& task);
// "web exited with 137 (OutOfMemoryError: …)" for each container. `killed`: it was us who asked for
// SIGKILL.
std::vector<std::string> end_lines(const Json& task, bool killed);
// Why the task ended, when no container's line says it: a failed pull, no address. Empty otherwise.
std::string task_end_line(const Json& task);

struct PsFilter {
  bool all = false;
  std::string cluster;
  std::string service;
  std::string family;
};
Json filtered_tasks(const Json& tasks, const PsFilter& filter);
// The rows of `ps` with their header.
std::vector<std::vector<std::string>> ps_rows(const Json& tasks, bool wide);

}  // namespace drydock::cli
