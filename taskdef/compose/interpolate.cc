#include "taskdef/compose/interpolate.h"

namespace drydock::taskdef::compose {
namespace {

constexpr std::size_t kMost = 1u << 20;
constexpr int kDepth = 16;  // of defaults in one another

bool is_first(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name(char c) { return is_first(c) || (c >= '0' && c <= '9'); }

class Reader {
 public:
  Reader(const Variables& variables, std::vector<std::string>& unset)
      : variables_(variables), unset_(unset) {}

  Result<std::string> expand(std::string_view text, int depth) {
    if (depth > kDepth) return fail(Errc::kInvalid, "too many ${ in one another");
    std::string out;
    while (!text.empty()) {
      const std::size_t dollar = std::min(text.find('$'), text.size());
      out += text.substr(0, dollar);
      text.remove_prefix(dollar);
      if (text.empty()) break;
      DRYDOCK_LET(const std::string value, one(text, depth));
      out += value;
      if (out.size() > kMost) return fail(Errc::kInvalid, "variables make the text too long");
    }
    return out;
  }

 private:
  // What `text` begins with, which it is taken off.
  Result<std::string> one(std::string_view& text, int depth) {
    const std::string_view all = text;
    text.remove_prefix(1);
    if (text.starts_with('$')) {
      text.remove_prefix(1);
      return std::string("$");
    }
    if (!text.empty() && is_first(text[0])) return plain(take_name(text));
    if (!text.starts_with('{')) return invalid(all);
    text.remove_prefix(1);
    const std::string name = take_name(text);
    const std::size_t end = closing(text);
    if (name.empty() || end == std::string_view::npos) return invalid(all);
    const std::string_view rest = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (rest.empty()) return plain(name);
    return with_operator(name, rest, all, depth);
  }

  Result<std::string> with_operator(const std::string& name, std::string_view rest,
                                    std::string_view all, int depth) {
    const bool filled = rest.starts_with(':');
    if (filled) rest.remove_prefix(1);
    if (rest.empty()) return invalid(all);
    const char kind = rest[0];
    rest.remove_prefix(1);
    const auto value = variables_ ? variables_(name) : std::nullopt;
    const bool there = value && !(filled && value->empty());
    if (kind == '-') return there ? Result<std::string>(*value) : expand(rest, depth + 1);
    if (kind == '+') return there ? expand(rest, depth + 1) : Result<std::string>(std::string());
    if (kind != '?') return invalid(all);
    if (there) return *value;
    DRYDOCK_LET(const std::string message, expand(rest, depth + 1));
    return fail(Errc::kInvalid,
                "the variable " + name + " must be set" + (message.empty() ? "" : ": " + message));
  }

  Result<std::string> plain(const std::string& name) {
    if (const auto value = variables_ ? variables_(name) : std::nullopt) return *value;
    unset_.push_back(name);
    return std::string();
  }

  static std::string take_name(std::string_view& text) {
    std::string name;
    while (!text.empty() && (name.empty() ? is_first(text[0]) : is_name(text[0]))) {
      name += text[0];
      text.remove_prefix(1);
    }
    return name;
  }

  // Where the } of a ${ is, those of inner ones skipped.
  static std::size_t closing(std::string_view text) {
    int open = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text.substr(i).starts_with("${")) ++open;
      if (text[i] == '}' && open-- == 0) return i;
    }
    return std::string_view::npos;
  }

  static tl::unexpected<Error> invalid(std::string_view text) {
    return fail(Errc::kInvalid, "\"" + std::string(text.substr(0, 40)) +
                                    "\" is no variable; write $$ for a dollar sign");
  }

  const Variables& variables_;
  std::vector<std::string>& unset_;
};

}  // namespace

Result<std::string> interpolate(std::string_view text, const Variables& variables,
                                std::vector<std::string>& unset) {
  return Reader(variables, unset).expand(text, 0);
}

}  // namespace drydock::taskdef::compose
