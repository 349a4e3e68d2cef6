#include <nlohmann/json.hpp>

#include "taskdef/templates/resolver.h"

#include <algorithm>

#include "base/limits.h"
#include "taskdef/templates/resources.h"

// References: to parameters, pseudo parameters and resources.
namespace drydock::taskdef::templates {
namespace {

// Values and characters that one template may come to: templates refer to themselves at will.
constexpr std::size_t kMostWork = 16u << 20;

bool is_function(const std::string& name) {
  return name == "Ref" || name == "Condition" || name.starts_with("Fn::");
}

Json split_list(const std::string& text) {
  Json out = Json::array();
  for (std::size_t from = 0;;) {
    const auto comma = text.find(',', from);
    std::string one = text.substr(from, comma == std::string::npos ? comma : comma - from);
    one.erase(0, one.find_first_not_of(' '));
    while (one.ends_with(' ')) one.pop_back();
    out.push_back(std::move(one));
    if (comma == std::string::npos) return out;
    from = comma + 1;
  }
}

// Of `text` at `from`: "ssm:/app/token" of "{{resolve:ssm:/app/token}}".
constexpr std::string_view kDynamic = "{{resolve:";

}  // namespace

Resolver::Resolver(const Json& document, const Settings& settings)
    : document_(document), settings_(settings) {}

const Json* Resolver::member(const char* section, const std::string& name) const {
  const Json* all = json_find(document_, section);
  return all && all->is_object() ? json_find(*all, name) : nullptr;
}

const std::string* Resolver::given(const std::string& name) {
  const auto found = settings_.parameters.find(name);
  if (found == settings_.parameters.end()) return nullptr;
  used_.insert(name);
  return &found->second;
}

Error Resolver::unresolved(const std::string& path, const std::string& what,
                           const std::string& parameter) const {
  return {Errc::kInvalid,
          path + ": " + what + "; give it with --parameter '" + parameter + "=VALUE'", 0};
}

Result<Json> Resolver::value(const Json& expression, const std::string& path) {
  struct Deeper {
    int& depth;
    explicit Deeper(int& d) : depth(++d) {}
    ~Deeper() { --depth; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
  } deeper(depth_);
  if (depth_ > 2 * limits::kJsonDepth)
    return fail(Errc::kInvalid, path + ": what it refers to goes round in circles");
  if (++work_ > kMostWork) return fail(Errc::kInvalid, path + ": the template becomes too large");
  if (expression.is_string()) return text(expression.get<std::string>(), path);
  if (expression.is_array()) {
    Json out = Json::array();
    for (std::size_t i = 0; i < expression.size(); ++i) {
      DRYDOCK_LET(Json one, value(expression[i], path + "[" + std::to_string(i) + "]"));
      if (!one.is_null()) out.push_back(std::move(one));
    }
    return out;
  }
  if (!expression.is_object()) return expression;
  if (expression.size() == 1 && is_function(expression.begin().key()))
    return dispatch(expression, path);
  Json out = Json::object();
  for (const auto& [name, one] : expression.items()) {
    DRYDOCK_LET(Json resolved, value(one, path.empty() ? name : path + "." + name));
    if (!resolved.is_null()) out[name] = std::move(resolved);
  }
  return out;
}

Result<Json> Resolver::dispatch(const Json& expression, const std::string& path) {
  const std::string& name = expression.begin().key();
  const auto known = functions().find(name);
  if (known == functions().end())
    return fail(Errc::kUnsupported, path + ": the function " + name + " is not known here");
  return (this->*known->second)(expression.begin().value(), path);
}

// Dynamic references are values of stores that only CloudFormation asks.
Result<Json> Resolver::text(std::string text, const std::string& path) {
  work_ += text.size();
  if (work_ > kMostWork) return fail(Errc::kInvalid, path + ": the template becomes too large");
  for (auto at = text.find(kDynamic); at != std::string::npos; at = text.find(kDynamic, at)) {
    const auto end = text.find("}}", at);
    if (end == std::string::npos) break;
    const std::string name = text.substr(at + 2, end - at - 2);
    const std::string* instead = given(name);
    if (!instead)
      return tl::unexpected(
          unresolved(path, "the dynamic reference {{" + name + "}} is not looked up here", name));
    text.replace(at, end + 2 - at, *instead);
    at += instead->size();
  }
  return Json(std::move(text));
}

Result<std::string> Resolver::as_text(const Json& expression, const std::string& path) {
  DRYDOCK_LET(const Json resolved, value(expression, path));
  if (resolved.is_string()) return resolved.get<std::string>();
  if (resolved.is_boolean() || resolved.is_number()) return dump_json(resolved);
  return fail(Errc::kInvalid, path + ": expected a text, found " +
                                  (resolved.is_null() ? "nothing" : resolved.type_name()));
}

Result<Json> Resolver::as_list(const Json& expression, const std::string& path) {
  DRYDOCK_LET(Json resolved, value(expression, path));
  if (resolved.is_array()) return resolved;
  return fail(Errc::kInvalid, path + ": expected a list, found " + resolved.type_name());
}

Result<Json> Resolver::ref(const Json& of, const std::string& path) {
  if (!of.is_string()) return fail(Errc::kInvalid, path + ": Ref wants a name");
  return named(of.get<std::string>(), path);
}

Result<Json> Resolver::named(const std::string& name, const std::string& path) {
  if (name == "AWS::NoValue") return Json();
  if (!member("Parameters", name))
    if (const std::string* instead = given(name)) return text(*instead, path);
  if (name == "AWS::Region") return Json(settings_.region);
  if (name == "AWS::AccountId") return Json(settings_.account);
  if (name == "AWS::Partition") return Json("aws");
  if (name == "AWS::URLSuffix") return Json("amazonaws.com");
  if (name == "AWS::StackName") return Json(settings_.stack);
  if (name == "AWS::StackId")
    return Json("arn:aws:cloudformation:" + settings_.region + ":" + settings_.account + ":stack/" +
                settings_.stack + "/00000000-0000-0000-0000-000000000000");
  if (name == "AWS::NotificationARNs") return Json::array();
  if (const Json* declared = member("Parameters", name)) return parameter(name, *declared, path);
  return attribute(name, "", path);
}

Result<Json> Resolver::parameter(const std::string& name, const Json& declared,
                                 const std::string& path) {
  const std::string type = json_string(declared, "Type", "String");
  const std::string* instead = given(name);
  const Json* fallback = json_find(declared, "Default");
  const bool stored = type.starts_with("AWS::SSM::Parameter::Value<");
  if (!instead && (!fallback || stored))
    return tl::unexpected(unresolved(
        path,
        "the parameter " + name +
            (stored ? " is looked up in Parameter Store by CloudFormation" : " has no default"),
        name));
  const Json chosen = instead ? Json(*instead) : *fallback;
  const Json* allowed = json_find(declared, "AllowedValues");
  const auto as_written = [](const Json& v) {
    return v.is_string() ? v.get<std::string>() : dump_json(v);
  };
  const std::string written = as_written(chosen);
  if (allowed && allowed->is_array() &&
      std::none_of(allowed->begin(), allowed->end(),
                   [&](const Json& one) { return as_written(one) == written; }))
    return fail(Errc::kInvalid, path + ": the parameter " + name + " may be " +
                                    dump_json(*allowed) + ", and is \"" + written + "\"");
  if ((type.find("List<") != std::string::npos || type == "CommaDelimitedList") &&
      !chosen.is_array())
    return split_list(written);
  if (chosen.is_string()) return text(chosen.get<std::string>(), path);
  return chosen;
}

Result<Json> Resolver::get_att(const Json& of, const std::string& path) {
  std::string logical_id, wanted;
  if (of.is_string()) {
    const auto whole = of.get<std::string>();
    const auto dot = whole.find('.');
    logical_id = whole.substr(0, dot);
    if (dot != std::string::npos) wanted = whole.substr(dot + 1);
  } else if (of.is_array() && of.size() == 2 && of[0].is_string()) {
    logical_id = of[0].get<std::string>();
    DRYDOCK_LET(wanted, as_text(of[1], path));
  }
  if (logical_id.empty() || wanted.empty())
    return fail(Errc::kInvalid, path + ": Fn::GetAtt wants a logical id and an attribute");
  return attribute(logical_id, wanted, path);
}

// An empty `wanted` is what Ref gives.
Result<Json> Resolver::attribute(const std::string& logical_id, const std::string& wanted,
                                 const std::string& path) {
  const std::string name = wanted.empty() ? logical_id : logical_id + "." + wanted;
  if (const std::string* instead = given(name)) return text(*instead, path);
  const Json* resource = member("Resources", logical_id);
  if (!resource)
    return tl::unexpected(
        unresolved(path, "nothing in the template is called " + logical_id, name));
  const std::string type = json_string(*resource, "Type");
  const ResourceForm* form = form_of(type, wanted);
  if (!form)
    return tl::unexpected(unresolved(path,
                                     (wanted.empty() ? "Ref " : "Fn::GetAtt ") + name +
                                         " is known only where the " + type + " exists",
                                     name));
  DRYDOCK_LET(std::string made, filled(form->text, logical_id, *resource, form->name));
  return text(std::move(made), path);
}

// "arn:aws:iam::{account}:role/{name}"; {Member} is that property of the resource.
Result<std::string> Resolver::filled(const std::string& form, const std::string& logical_id,
                                     const Json& resource, const char* name_property) {
  const Json* properties = json_find(resource, "Properties");
  std::string out;
  for (std::size_t at = 0; at < form.size();) {
    const auto open = form.find('{', at);
    out += form.substr(at, open == std::string::npos ? open : open - at);
    if (open == std::string::npos) break;
    const auto close = form.find('}', open);
    const std::string what = form.substr(open + 1, close - open - 1);
    at = close + 1;
    if (what == "region") {
      out += settings_.region;
    } else if (what == "account") {
      out += settings_.account;
    } else if (what == "id") {
      out += made_up_id(settings_.stack + "/" + logical_id);
    } else {
      const Json* own = properties ? json_find(*properties, name_property) : nullptr;
      std::string name = made_up_name(settings_.stack, logical_id);
      if (own) {
        DRYDOCK_LET(name, as_text(*own, logical_id + "." + name_property));
      } else {
        made_up_.insert(logical_id + " (" + json_string(resource, "Type") + ") is called " + name +
                        " here");
      }
      out += what == "small" ? lower_case(name) : name;
    }
  }
  return out;
}

std::string Resolver::resource_of(const Json& expression) const {
  if (!expression.is_object() || expression.size() != 1) return {};
  const Json& of = expression.begin().value();
  if (expression.begin().key() == "Ref" && of.is_string()) return of.get<std::string>();
  if (expression.begin().key() != "Fn::GetAtt") return {};
  if (of.is_array() && !of.empty() && of[0].is_string()) return of[0].get<std::string>();
  if (!of.is_string()) return {};
  const auto text = of.get<std::string>();
  return text.substr(0, text.find('.'));
}

Result<bool> Resolver::is_made(const std::string& logical_id) {
  const Json* resource = member("Resources", logical_id);
  const Json* name = resource ? json_find(*resource, "Condition") : nullptr;
  if (!name) return true;
  DRYDOCK_LET(const Json decided, condition(*name, logical_id + ".Condition"));
  return decided.get<bool>();
}

}  // namespace drydock::taskdef::templates
