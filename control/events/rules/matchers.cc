#include "control/events/rules/matchers.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>

namespace drydock::control::events {
namespace {

auto wrong(const std::string& what) { return fail(Errc::kInvalid, what); }

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

// `*` stands for any characters; `\*` and `\\` for themselves.
bool fits_wildcard(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0;
  std::optional<std::size_t> star;  // behind the last one
  std::size_t retry = 0;
  while (t < text.size() || p < pattern.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      retry = t;
      continue;
    }
    const bool escaped = p + 1 < pattern.size() && pattern[p] == '\\';
    const std::size_t at = escaped ? p + 1 : p;
    if (p < pattern.size() && t < text.size() && pattern[at] == text[t]) {
      p = at + 1;
      ++t;
      continue;
    }
    if (!star || retry >= text.size()) return false;
    p = *star;
    t = ++retry;
  }
  return true;
}

struct Cidr {
  int family = 0;
  unsigned char bytes[16] = {};
  int prefix = 0;
};

std::optional<Cidr> address_of(const std::string& text) {
  Cidr out;
  for (const int family : {AF_INET, AF_INET6})
    if (::inet_pton(family, text.c_str(), out.bytes) == 1) {
      out.family = family;
      out.prefix = family == AF_INET ? 32 : 128;
      return out;
    }
  return std::nullopt;
}

std::optional<Cidr> cidr_of(const std::string& text) {
  const auto slash = text.find('/');
  auto out = address_of(text.substr(0, slash));
  if (!out || slash == text.npos) return std::nullopt;
  const char* const end = text.data() + text.size();
  int prefix = -1;
  const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, prefix);
  if (error != std::errc{} || stop != end || prefix < 0 || prefix > out->prefix)
    return std::nullopt;
  out->prefix = prefix;
  return out;
}

bool within(const std::string& range, const std::string& text) {
  const auto net = cidr_of(range);
  const auto one = address_of(text);
  if (!net || !one || net->family != one->family) return false;
  const int whole = net->prefix / 8, rest = net->prefix % 8;
  if (std::memcmp(net->bytes, one->bytes, static_cast<std::size_t>(whole)) != 0) return false;
  if (rest == 0) return true;
  const int mask = 0xff00 >> rest & 0xff;
  return (net->bytes[whole] & mask) == (one->bytes[whole] & mask);
}

bool compares(double value, const std::string& op, double with) {
  if (op == "=") return value == with;
  if (op == "<") return value < with;
  if (op == "<=") return value <= with;
  if (op == ">") return value > with;
  return value >= with;
}

Status check_numeric(const Json& list) {
  if (!list.is_array() || (list.size() != 2 && list.size() != 4))
    return wrong("Value of numeric must be an array of one or two operators, each with a number");
  for (std::size_t i = 0; i < list.size(); i += 2) {
    const bool known =
        list[i].is_string() &&
        (list[i] == "=" || list[i] == "<" || list[i] == "<=" || list[i] == ">" || list[i] == ">=");
    if (!known) return wrong("Unrecognized numeric range operator: " + dump_json(list[i]));
    if (!list[i + 1].is_number())
      return wrong("Value of " + list[i].get<std::string>() + " must be numeric");
  }
  return {};
}

Status check_text(const std::string& name, const Json& value) {
  if (!value.is_string()) return wrong(name + " match pattern must be a string");
  return {};
}

bool is_scalar(const Json& v) {
  return v.is_string() || v.is_number() || v.is_boolean() || v.is_null();
}

// {"prefix": "x"}, or {"prefix": {"equals-ignore-case": "x"}}.
Status check_end(const std::string& name, const Json& value) {
  if (value.is_object() && value.size() == 1 && value.contains("equals-ignore-case"))
    return check_text("equals-ignore-case", value["equals-ignore-case"]);
  return check_text(name, value);
}

Status check_but(const Json& value) {
  const auto all_scalars = [](const Json& list) {
    return !list.empty() && std::all_of(list.begin(), list.end(), [](const Json& v) {
      return v.is_string() || v.is_number();
    });
  };
  if (value.is_string() || value.is_number()) return {};
  if (value.is_array() && all_scalars(value)) return {};
  if (value.is_object() && value.size() == 1) {
    const std::string name = value.begin().key();
    const Json& what = value.begin().value();
    if (name == "prefix" || name == "suffix" || name == "equals-ignore-case" ||
        name == "wildcard") {
      if (what.is_array() && !what.empty() &&
          std::all_of(what.begin(), what.end(), [](const Json& v) { return v.is_string(); }))
        return {};
      return check_text(name, what);
    }
  }
  return wrong("Value of anything-but must be an array or single string/number value");
}

bool same(const Json& a, const Json& b) {
  // As EventBridge does: by how a number is written.
  if (a.is_number() && b.is_number()) return a.dump() == b.dump();
  return a == b;
}

bool has_end(const std::string& name, const Json& wanted, const std::string& text) {
  const bool any_case = wanted.is_object();
  const std::string end =
      any_case ? lower(wanted["equals-ignore-case"].get<std::string>()) : wanted.get<std::string>();
  const std::string in = any_case ? lower(text) : text;
  return name == "prefix" ? in.starts_with(end) : in.ends_with(end);
}

bool matches_kind(const std::string& name, const Json& wanted, const Json& value);

bool matches_but(const Json& wanted, const Json& value) {
  if (wanted.is_object()) {
    const std::string name = wanted.begin().key();
    const Json& what = wanted.begin().value();
    if (!what.is_array()) return !matches_kind(name, what, value);
    return std::none_of(what.begin(), what.end(),
                        [&](const Json& one) { return matches_kind(name, one, value); });
  }
  if (!wanted.is_array()) return !same(wanted, value);
  return std::none_of(wanted.begin(), wanted.end(),
                      [&](const Json& one) { return same(one, value); });
}

bool matches_kind(const std::string& name, const Json& wanted, const Json& value) {
  if (name == "anything-but") return matches_but(wanted, value);
  if (name == "numeric") {
    if (!value.is_number()) return false;
    const double number = value.get<double>();
    for (std::size_t i = 0; i < wanted.size(); i += 2)
      if (!compares(number, wanted[i].get<std::string>(), wanted[i + 1].get<double>()))
        return false;
    return true;
  }
  if (!value.is_string()) return false;
  const auto text = value.get<std::string>();
  if (name == "prefix" || name == "suffix") return has_end(name, wanted, text);
  const auto given = wanted.get<std::string>();
  if (name == "equals-ignore-case") return lower(text) == lower(given);
  if (name == "cidr") return within(given, text);
  return fits_wildcard(given, text);
}

}  // namespace

Status check_matcher(const Json& m) {
  if (is_scalar(m)) return {};
  if (!m.is_object()) return wrong("Match value must be String, number, true, false, or null");
  if (m.size() != 1) return wrong("Only one key allowed in match expression");
  const std::string name = m.begin().key();
  const Json& value = m.begin().value();
  if (name == "prefix" || name == "suffix") return check_end(name, value);
  if (name == "equals-ignore-case" || name == "wildcard") return check_text(name, value);
  if (name == "anything-but") return check_but(value);
  if (name == "numeric") return check_numeric(value);
  if (name == "exists") {
    if (!value.is_boolean()) return wrong("exists match pattern must be either true or false.");
    return {};
  }
  if (name == "cidr") {
    if (!value.is_string() || !cidr_of(value.get<std::string>()))
      return wrong("Malformed CIDR, it must be like 10.0.0.0/24");
    return {};
  }
  return wrong("Unrecognized match type " + name);
}

bool matches_value(const Json& m, const Json& value) {
  if (!m.is_object()) return same(m, value);
  return matches_kind(m.begin().key(), m.begin().value(), value);
}

bool asks_for_existence(const Json& m, bool& wanted) {
  if (!m.is_object() || m.begin().key() != "exists") return false;
  wanted = m.begin().value().get<bool>();
  return true;
}

}  // namespace drydock::control::events
