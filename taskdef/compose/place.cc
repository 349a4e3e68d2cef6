#include "taskdef/compose/place.h"

#include <charconv>

#include "base/words.h"
#include "taskdef/compose/units.h"

namespace drydock::taskdef::compose {

std::string_view kind_name(const Yaml& node) {
  switch (node.kind) {
    case Yaml::Kind::kNull:
      return "nothing";
    case Yaml::Kind::kScalar:
      return "a text";
    case Yaml::Kind::kList:
      return "a list";
    case Yaml::Kind::kMap:
      break;
  }
  return "a map";
}

Result<std::string> text_at(const Context& context, const Yaml& node, std::string_view path) {
  if (node.is_scalar() || node.is_null()) return node.text;
  return fail_at(context, node, path, "expected a text, found " + std::string(kind_name(node)));
}

Result<bool> flag_at(const Context& context, const Yaml& node, std::string_view path) {
  DRYDOCK_LET(std::string text, text_at(context, node, path));
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (text == "true" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "no" || text == "off") return false;
  return fail_at(context, node, path, "\"" + node.text + "\" must be true or false");
}

namespace {

// ECS's numbers have 32 bits.
Result<long long> fitting(const Context& context, const Yaml& node, std::string_view path,
                          long long value) {
  if (value >= -(1LL << 31) && value < (1LL << 31)) return value;
  return fail_at(context, node, path, "\"" + node.text + "\" is too large");
}

}  // namespace

Result<long long> number_at(const Context& context, const Yaml& node, std::string_view path) {
  DRYDOCK_LET(const long long value, long_at(context, node, path));
  return fitting(context, node, path, value);
}

Result<long long> long_at(const Context& context, const Yaml& node, std::string_view path) {
  DRYDOCK_LET(const std::string text, text_at(context, node, path));
  long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return fail_at(context, node, path, "\"" + text + "\" must be a whole number");
  return value;
}

Result<std::vector<std::string>> texts_at(const Context& context, const Yaml& node,
                                          std::string_view path) {
  std::vector<std::string> out;
  if (node.is_null()) return out;
  if (!node.is_list()) {
    DRYDOCK_LET(std::string text, text_at(context, node, path));
    out.push_back(std::move(text));
    return out;
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    DRYDOCK_LET(std::string text,
                text_at(context, node.items[i], std::string(path) + "[" + std::to_string(i) + "]"));
    out.push_back(std::move(text));
  }
  return out;
}

Result<std::vector<std::string>> words_at(const Context& context, const Yaml& node,
                                          std::string_view path) {
  if (node.is_list() || node.is_null()) return texts_at(context, node, path);
  DRYDOCK_LET(const std::string text, text_at(context, node, path));
  auto words = split_words(text);
  if (!words) return fail_at(context, node, path, words.error().message);
  return words;
}

Result<long long> mib_at(const Context& context, const Yaml& node, std::string_view path) {
  DRYDOCK_LET(const std::string text, text_at(context, node, path));
  const auto bytes = parse_bytes(text);
  if (!bytes)
    return fail_at(context, node, path,
                   "\"" + text + "\" must be a size: 512m, 1g, or a number of bytes");
  constexpr long long kMib = 1LL << 20;
  return fitting(context, node, path, (*bytes + kMib - 1) / kMib);
}

Result<long long> seconds_at(const Context& context, const Yaml& node, std::string_view path) {
  DRYDOCK_LET(const std::string text, text_at(context, node, path));
  const auto milliseconds = parse_milliseconds(text);
  if (!milliseconds)
    return fail_at(context, node, path, "\"" + text + "\" must be a time like 30s or 1m30s");
  return fitting(context, node, path, (*milliseconds + 999) / 1000);
}

Result<std::vector<Pair>> pairs_at(const Context& context, const Yaml& node,
                                   std::string_view path) {
  std::vector<Pair> out;
  if (node.is_map()) {
    for (const YamlMember& member : node.members) {
      Pair pair{member.key, std::nullopt};
      if (!member.value.is_null()) {
        DRYDOCK_LET(pair.value,
                    text_at(context, member.value, std::string(path) + "." + member.key));
      }
      out.push_back(std::move(pair));
    }
    return out;
  }
  DRYDOCK_LET(const auto texts, texts_at(context, node, path));
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (text.empty() || equals == 0)
      return fail_at(context, node, path, "\"" + text + "\" must have the form NAME=VALUE");
    Pair pair{text.substr(0, equals), std::nullopt};
    if (equals != std::string::npos) pair.value = text.substr(equals + 1);
    out.push_back(std::move(pair));
  }
  return out;
}

std::string absolute_path(const Context& context, const std::string& path) {
  if (path.starts_with('/')) return path;
  if (path == "~" || path.starts_with("~/")) return context.options.home + path.substr(1);
  std::string rest = path;
  while (rest.starts_with("./")) rest.erase(0, 2);
  if (rest == ".") rest.clear();
  std::string folder = context.folder;
  while (rest == ".." || rest.starts_with("../")) {
    folder.resize(std::min(folder.rfind('/'), folder.size()));
    rest.erase(0, rest.size() > 2 ? 3 : 2);
  }
  if (folder.empty()) folder = "/";
  return rest.empty() ? folder : folder == "/" ? "/" + rest : folder + "/" + rest;
}

}  // namespace drydock::taskdef::compose
