#include "runtime/shim/runtime_log.h"

#include <charconv>

namespace drydock::runtime::shim {
namespace {

void append_utf8(std::string& out, unsigned code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code >= 0xd800 && code < 0xe000) {
    out += '?';  // half of a pair: no runtime message needs it
  } else {
    out += static_cast<char>(0xe0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

// The string value of `key` in one flat JSON object; empty when absent.
std::string string_member(std::string_view line, std::string_view key) {
  std::string quoted(1, '"');
  quoted.append(key).append(1, '"');
  std::size_t at = line.find(quoted);
  if (at == std::string_view::npos) return {};
  at = line.find_first_not_of(" \t:", at + quoted.size());
  if (at == std::string_view::npos || line[at] != '"') return {};
  std::string value;
  for (++at; at < line.size() && line[at] != '"'; ++at) {
    if (line[at] != '\\' || at + 1 == line.size()) {
      value += line[at];
      continue;
    }
    const char c = line[++at];
    if (c == 'u' && at + 4 < line.size()) {
      unsigned code = '?';
      std::from_chars(line.data() + at + 1, line.data() + at + 5, code, 16);
      append_utf8(value, code);
      at += 4;
    } else {
      value += c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
    }
  }
  return value;
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

std::string last_error(std::string_view log) {
  while (!log.empty()) {
    const std::size_t last = log.find_last_not_of('\n');
    if (last == std::string_view::npos) break;
    const std::size_t before = log.rfind('\n', last);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    const std::string_view line = log.substr(begin, last + 1 - begin);
    const std::string level = string_member(line, "level");
    if (level == "error" || level == "fatal") return string_member(line, "msg");
    log = log.substr(0, begin);
  }
  return {};
}

Failure failure_of(std::string_view m) {
  // runc: `unable to start container process: exec: "x": executable file not found in $PATH`,
  // `exec: "/x": stat /x: no such file or directory`, `exec: "/x": permission denied`. crun:
  // `executable file `x` not found in $PATH: No such file or directory`, `open executable:
  // Permission denied`.
  const bool exec = has(m, "exec: \"") || has(m, "executable");
  if (exec && (has(m, "not found in $PATH") || has(m, "o such file or directory")))
    return Failure::kCommandNotFound;
  if (exec && (has(m, "ermission denied") || has(m, "is a directory")))
    return Failure::kCommandNotExecutable;
  if (exec || has(m, "chdir to cwd") || has(m, "unable to find user") ||
      has(m, "exec format error"))
    return Failure::kStart;
  return Failure::kCreate;
}

}  // namespace drydock::runtime::shim
