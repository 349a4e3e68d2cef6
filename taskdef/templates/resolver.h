#pragma once
#include <map>
#include <set>
#include <string>
#include <utility>

#include "taskdef/templates/templates.h"

// The intrinsic functions of CloudFormation, over what a template itself says.
namespace drydock::taskdef::templates {

// What a value of a template comes to. Errors name the place, the reference that nobody can resolve
// here, and the flag that would.
class Resolver {
 public:
  // Both must outlive it.
  Resolver(const Json& document, const Settings& settings);

  // `path` is the place of the value: "Web.ContainerDefinitions[0].Image". A null result means
  // AWS::NoValue: the member is not there.
  Result<Json> value(const Json& expression, const std::string& path);
  // Whether the resource is made at all (its Condition).
  Result<bool> is_made(const std::string& logical_id);
  // The resource that `expression` is a plain reference to (Ref, or GetAtt of an ARN); empty: none.
  std::string resource_of(const Json& expression) const;

  // "Logs (AWS::Logs::LogGroup) is called shop-Logs here": names that were made up.
  const std::set<std::string>& made_up() const { return made_up_; }
  // Of Settings::parameters, those that meant something.
  const std::set<std::string>& used() const { return used_; }

 private:
  using Function = Result<Json> (Resolver::*)(const Json&, const std::string&);
  static const std::map<std::string_view, Function>& functions();

  Result<Json> dispatch(const Json& expression, const std::string& path);
  Result<Json> ref(const Json& of, const std::string& path);
  Result<Json> get_att(const Json& of, const std::string& path);
  Result<Json> sub(const Json& of, const std::string& path);
  Result<Json> join(const Json& of, const std::string& path);
  Result<Json> select(const Json& of, const std::string& path);
  Result<Json> split(const Json& of, const std::string& path);
  Result<Json> if_(const Json& of, const std::string& path);
  Result<Json> find_in_map(const Json& of, const std::string& path);
  Result<Json> base64_(const Json& of, const std::string& path);
  Result<Json> get_azs(const Json& of, const std::string& path);
  Result<Json> import_value(const Json& of, const std::string& path);
  Result<Json> length(const Json& of, const std::string& path);
  Result<Json> to_json(const Json& of, const std::string& path);
  Result<Json> condition(const Json& of, const std::string& path);
  Result<Json> equals(const Json& of, const std::string& path);
  Result<Json> and_(const Json& of, const std::string& path);
  Result<Json> or_(const Json& of, const std::string& path);
  Result<Json> not_(const Json& of, const std::string& path);

  Result<Json> named(const std::string& name, const std::string& path);
  Result<Json> parameter(const std::string& name, const Json& declared, const std::string& path);
  Result<Json> attribute(const std::string& logical_id, const std::string& attribute,
                         const std::string& path);
  Result<std::string> filled(const std::string& form, const std::string& logical_id,
                             const Json& resource, const char* name_property);
  Result<std::string> substituted(const std::string& text, const Json& variables,
                                  const std::string& path);
  Result<Json> text(std::string text, const std::string& path);
  Result<std::string> as_text(const Json& expression, const std::string& path);
  Result<Json> as_list(const Json& expression, const std::string& path);
  Result<bool> as_flag(const Json& expression, const std::string& path);
  Result<bool> any_of(const Json& of, bool wanted, const std::string& path);
  Error unresolved(const std::string& path, const std::string& what,
                   const std::string& parameter) const;
  const Json* member(const char* section, const std::string& name) const;
  const std::string* given(const std::string& name);  // null: it was not given

  const Json& document_;
  const Settings& settings_;
  std::set<std::string> made_up_;
  std::set<std::string> used_;
  int depth_ = 0;
  std::size_t work_ = 0;
};

}  // namespace drydock::taskdef::templates
