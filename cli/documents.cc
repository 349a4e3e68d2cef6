#include "cli/documents.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "taskdef/shapes.h"

namespace drydock::cli {

Result<std::string> read_document(const std::string& file, std::size_t limit) {
  if (file != "-") return read_file(file, limit);
  std::string text;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t n = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("read standard input");
    if (n == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(n));
    if (text.size() > limit)
      return fail(Errc::kInvalid,
                  "standard input is longer than " + std::to_string(limit) + " bytes");
  }
}

Result<std::string> default_task_definition() {
  for (const char* name : {"task-definition.json", "taskdef.json", ".aws/task-definition.json"})
    if (exists(name)) return std::string(name);
  return fail(Errc::kNotFound,
              "no task definition was named, and there is no task-definition.json, taskdef.json or "
              ".aws/task-definition.json in this folder");
}

std::vector<std::string> ignored_members(const std::string& file, const Json& request) {
  std::vector<std::string> lines;
  for (const auto& note : taskdef::unknown_members(request, taskdef::request_shape()))
    lines.push_back(file + ": " + (note.path.empty() ? "" : note.path + ": ") + note.text);
  return lines;
}

}  // namespace drydock::cli
