#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "taskdef/compose/options.h"
#include "taskdef/problem.h"
#include "taskdef/yaml/yaml.h"

// What every reader of these files has at hand: where things stand, and the ways to say so.
namespace drydock::taskdef::compose {

struct Context {
  const Options& options;
  std::vector<Note>& notes;
  std::string file;    // its name, for messages
  std::string folder;  // where its relative paths begin
};

// "docker-compose.yml: line 7: services.web.ports: <what>"
inline tl::unexpected<Error> fail_at(const Context& context, const Yaml& node,
                                     std::string_view path, std::string_view what) {
  std::string text = context.file + ": line " + std::to_string(node.line) + ": ";
  if (!path.empty()) text.append(path).append(": ");
  return fail(Errc::kInvalid, text.append(what));
}

inline void note(const Context& context, std::string path, std::string text) {
  context.notes.push_back({std::move(path), std::move(text)});
}

// What a thing is, for messages: "a list".
std::string_view kind_name(const Yaml& node);

// The text of a scalar; fails for a list or a map.
Result<std::string> text_at(const Context& context, const Yaml& node, std::string_view path);
// true or false, in YAML 1.1's spellings too.
Result<bool> flag_at(const Context& context, const Yaml& node, std::string_view path);
Result<long long> number_at(const Context& context, const Yaml& node, std::string_view path);
// The same with 64 bits.
Result<long long> long_at(const Context& context, const Yaml& node, std::string_view path);
// A list of texts; one text alone is a list of one.
Result<std::vector<std::string>> texts_at(const Context& context, const Yaml& node,
                                          std::string_view path);
// A command: a list, or one text that is split as a shell does.
Result<std::vector<std::string>> words_at(const Context& context, const Yaml& node,
                                          std::string_view path);
// A size like 64m in whole MiB, rounded up.
Result<long long> mib_at(const Context& context, const Yaml& node, std::string_view path);
// A time like 1m30s in whole seconds, rounded up.
Result<long long> seconds_at(const Context& context, const Yaml& node, std::string_view path);

// {NAME: value} or ["NAME=value"], in order; no value at all is nullopt.
struct Pair {
  std::string name;
  std::optional<std::string> value;
};
Result<std::vector<Pair>> pairs_at(const Context& context, const Yaml& node, std::string_view path);

// `path` from `folder`; ~ is the home.
std::string absolute_path(const Context& context, const std::string& path);

}  // namespace drydock::taskdef::compose
