#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

#include "base/base64.h"
#include "taskdef/templates/resolver.h"

// The functions that make values out of values, and conditions.
namespace drydock::taskdef::templates {
namespace {

tl::unexpected<Error> wants(const std::string& path, const char* what) {
  return fail(Errc::kInvalid, path + ": " + what);
}

bool is_list(const Json& of, std::size_t least, std::size_t most) {
  return of.is_array() && of.size() >= least && of.size() <= most;
}

}  // namespace

const std::map<std::string_view, Resolver::Function>& Resolver::functions() {
  static const std::map<std::string_view, Function> kAll = {
      {"Ref", &Resolver::ref},
      {"Fn::GetAtt", &Resolver::get_att},
      {"Fn::Sub", &Resolver::sub},
      {"Fn::Join", &Resolver::join},
      {"Fn::Select", &Resolver::select},
      {"Fn::Split", &Resolver::split},
      {"Fn::If", &Resolver::if_},
      {"Fn::FindInMap", &Resolver::find_in_map},
      {"Fn::Base64", &Resolver::base64_},
      {"Fn::GetAZs", &Resolver::get_azs},
      {"Fn::ImportValue", &Resolver::import_value},
      {"Fn::Length", &Resolver::length},
      {"Fn::ToJsonString", &Resolver::to_json},
      {"Condition", &Resolver::condition},
      {"Fn::Equals", &Resolver::equals},
      {"Fn::And", &Resolver::and_},
      {"Fn::Or", &Resolver::or_},
      {"Fn::Not", &Resolver::not_},
  };
  return kAll;
}

Result<Json> Resolver::sub(const Json& of, const std::string& path) {
  const bool with_map = is_list(of, 2, 2) && of[0].is_string() && of[1].is_object();
  if (!with_map && !of.is_string()) return wants(path, "Fn::Sub wants a text, or a text and names");
  const std::string form = with_map ? of[0].get<std::string>() : of.get<std::string>();
  DRYDOCK_LET(std::string out, substituted(form, with_map ? of[1] : Json::object(), path));
  return text(std::move(out), path);
}

Result<std::string> Resolver::substituted(const std::string& form, const Json& variables,
                                          const std::string& path) {
  std::string out;
  for (std::size_t at = 0; at < form.size();) {
    const auto open = form.find("${", at);
    out += form.substr(at, open == std::string::npos ? open : open - at);
    if (open == std::string::npos) break;
    const auto close = form.find('}', open);
    if (close == std::string::npos) {
      out += form.substr(open);
      break;
    }
    const std::string name = form.substr(open + 2, close - open - 2);
    at = close + 1;
    if (name.starts_with('!')) {  // ${!Literal} stands for itself
      out += "${" + name.substr(1) + "}";
      continue;
    }
    const Json* variable = json_find(variables, name);
    const Json expression = variable                              ? *variable
                            : name.find('.') != std::string::npos ? Json{{"Fn::GetAtt", name}}
                                                                  : Json{{"Ref", name}};
    DRYDOCK_LET(const std::string one, as_text(expression, path));
    out += one;
  }
  return out;
}

Result<Json> Resolver::join(const Json& of, const std::string& path) {
  if (!is_list(of, 2, 2) || !of[0].is_string())
    return wants(path, "Fn::Join wants a delimiter and a list");
  DRYDOCK_LET(const Json items, as_list(of[1], path));
  std::string out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += of[0].get<std::string>();
    DRYDOCK_LET(const std::string one, as_text(items[i], path));
    out += one;
  }
  return text(std::move(out), path);
}

Result<Json> Resolver::select(const Json& of, const std::string& path) {
  if (!is_list(of, 2, 2)) return wants(path, "Fn::Select wants an index and a list");
  DRYDOCK_LET(const std::string index, as_text(of[0], path));
  DRYDOCK_LET(const Json items, as_list(of[1], path));
  std::size_t i = 0;
  const auto [end, bad] = std::from_chars(index.data(), index.data() + index.size(), i);
  if (bad != std::errc() || end != index.data() + index.size() || i >= items.size())
    return fail(Errc::kInvalid,
                path + ": Fn::Select " + index + " of a list of " + std::to_string(items.size()));
  return items[i];
}

Result<Json> Resolver::split(const Json& of, const std::string& path) {
  if (!is_list(of, 2, 2) || !of[0].is_string() || of[0].get_ref<const std::string&>().empty())
    return wants(path, "Fn::Split wants a delimiter and a text");
  const auto delimiter = of[0].get<std::string>();
  DRYDOCK_LET(const std::string whole, as_text(of[1], path));
  Json out = Json::array();
  for (std::size_t from = 0;;) {
    const auto at = whole.find(delimiter, from);
    out.push_back(whole.substr(from, at == std::string::npos ? at : at - from));
    if (at == std::string::npos) return out;
    from = at + delimiter.size();
  }
}

Result<Json> Resolver::if_(const Json& of, const std::string& path) {
  if (!is_list(of, 3, 3)) return wants(path, "Fn::If wants a condition and two values");
  DRYDOCK_LET(const Json decided, condition(of[0], path));
  return value(decided.get<bool>() ? of[1] : of[2], path);
}

Result<Json> Resolver::find_in_map(const Json& of, const std::string& path) {
  if (!is_list(of, 3, 4)) return wants(path, "Fn::FindInMap wants a map and two keys");
  DRYDOCK_LET(const std::string map, as_text(of[0], path));
  DRYDOCK_LET(const std::string first, as_text(of[1], path));
  DRYDOCK_LET(const std::string second, as_text(of[2], path));
  const Json* found = member("Mappings", map);
  if (found) found = json_find(*found, first);
  if (found) found = json_find(*found, second);
  if (found) return value(*found, path);
  if (of.size() == 4)
    if (const Json* fallback = json_find(of[3], "DefaultValue")) return value(*fallback, path);
  return fail(Errc::kInvalid, path + ": Mappings has no " + map + "." + first + "." + second);
}

Result<Json> Resolver::base64_(const Json& of, const std::string& path) {
  DRYDOCK_LET(const std::string plain, as_text(of, path));
  return text(base64(plain), path);
}

Result<Json> Resolver::get_azs(const Json& of, const std::string& path) {
  DRYDOCK_LET(std::string region, as_text(of, path));
  if (region.empty()) region = settings_.region;
  return Json::array({region + "a", region + "b", region + "c"});
}

Result<Json> Resolver::import_value(const Json& of, const std::string& path) {
  DRYDOCK_LET(const std::string name, as_text(of, path));
  if (const std::string* instead = given(name)) return text(*instead, path);
  return tl::unexpected(
      unresolved(path, "Fn::ImportValue " + name + " is an output of another stack", name));
}

Result<Json> Resolver::length(const Json& of, const std::string& path) {
  DRYDOCK_LET(const Json items, as_list(of, path));
  return Json(items.size());
}

Result<Json> Resolver::to_json(const Json& of, const std::string& path) {
  DRYDOCK_LET(const Json resolved, value(of, path));
  return text(dump_json(resolved), path);
}

// `of` is the name of a condition, or a condition itself.
Result<Json> Resolver::condition(const Json& of, const std::string& path) {
  if (!of.is_string()) {
    DRYDOCK_LET(const bool decided, as_flag(of, path));
    return Json(decided);
  }
  const auto name = of.get<std::string>();
  const Json* found = member("Conditions", name);
  if (!found) return fail(Errc::kInvalid, path + ": the template has no condition " + name);
  DRYDOCK_LET(const bool decided, as_flag(*found, "Conditions." + name));
  return Json(decided);
}

Result<bool> Resolver::as_flag(const Json& expression, const std::string& path) {
  DRYDOCK_LET(const Json resolved, value(expression, path));
  if (resolved.is_boolean()) return resolved.get<bool>();
  if (resolved == "true") return true;
  if (resolved == "false") return false;
  return fail(Errc::kInvalid, path + ": expected a condition, found " + resolved.type_name());
}

Result<Json> Resolver::equals(const Json& of, const std::string& path) {
  if (!is_list(of, 2, 2)) return wants(path, "Fn::Equals wants two values");
  DRYDOCK_LET(const Json first, value(of[0], path));
  DRYDOCK_LET(const Json second, value(of[1], path));
  const auto written = [](const Json& v) {
    return v.is_string() ? v.get<std::string>() : dump_json(v);
  };
  return Json(written(first) == written(second));
}

// Whether one of the conditions is `wanted`.
Result<bool> Resolver::any_of(const Json& of, bool wanted, const std::string& path) {
  if (!is_list(of, 1, 10)) return wants(path, "expected a list of 2 to 10 conditions");
  bool any = false;
  for (const Json& one : of) {
    DRYDOCK_LET(const bool decided, as_flag(one, path));
    any = any || decided == wanted;
  }
  return any;
}

Result<Json> Resolver::and_(const Json& of, const std::string& path) {
  DRYDOCK_LET(const bool one_is_false, any_of(of, false, path));
  return Json(!one_is_false);
}

Result<Json> Resolver::or_(const Json& of, const std::string& path) {
  DRYDOCK_LET(const bool one_is_true, any_of(of, true, path));
  return Json(one_is_true);
}

Result<Json> Resolver::not_(const Json& of, const std::string& path) {
  if (!is_list(of, 1, 1)) return wants(path, "Fn::Not wants one condition");
  DRYDOCK_LET(const bool decided, as_flag(of[0], path));
  return Json(!decided);
}

}  // namespace drydock::taskdef::templates
