#include "cli/documents.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/limits.h"
#include "cli/compose_input.h"
#include "taskdef/compose/compose.h"
#include "taskdef/parse.h"
#include "taskdef/shapes.h"

namespace drydock::cli {

namespace {

bool is_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  return first == std::string_view::npos || text[first] == '{' || text[first] == '[';
}

Result<Json> converted(const std::string& file, std::string text, FileNotes* notes) {
  DRYDOCK_LET(const auto options, compose_surroundings({}, file));
  DRYDOCK_LET(taskdef::compose::Converted made,
              taskdef::compose::convert_compose(
                  {{file == "-" ? "standard input" : file, std::move(text)}}, options));
  if (notes) {
    notes->lines = note_lines(made.notes);
    notes->publish = std::move(made.publish);
  }
  return std::move(made.request);
}

}  // namespace

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

Result<Json> read_task_definition(const std::string& file, FileNotes* notes) {
  const auto text = read_document(file, limits::kTaskDefinitionFile);
  if (!text) {
    Error error = text.error();
    if (error.code == Errc::kNotFound && file.find_first_of("/.") == std::string::npos)
      error.message += "; a registered family is run with -t " + file;
    return tl::unexpected(std::move(error));
  }
  if (!is_json(*text) && taskdef::compose::looks_like_compose(*text))
    return converted(file, *text, notes);
  auto request = taskdef::parse(*text);
  if (!request)
    return tl::unexpected(std::move(request.error()).in(file == "-" ? "standard input" : file));
  return request;
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
