#include <nlohmann/json.hpp>

#include "api/vault/parameters.h"

// Parameter Store: what there is, and what it was.
namespace drydock::api::vault {
namespace {

using secrets::Contents;
using secrets::Parameter;

constexpr long long kMostResults = 50;

Answer<Json> describe(const Call& call, const Json& in) {
  DRYDOCK_LET(const ParameterFilters filters, ParameterFilters::parse(in));
  Items items;
  call.vault.read([&](const Contents& contents) {
    const std::string start = secrets::document_key(call.place, "");
    const auto& all = contents.parameters();
    for (auto at = all.lower_bound(start); at != all.end() && at->first.starts_with(start); ++at) {
      const Parameter& one = *at->second;
      if (!filters.matches(one)) continue;
      Json facts = parameter_facts_json(call, one, one.newest());
      facts["ARN"] = one.arn();
      items.emplace_back(one.name, std::move(facts));
    }
    return true;
  });
  return paged(in, {"Parameters", kMostResults, "InvalidNextToken"}, items);
}

Answer<Json> history(const Call& call, const Json& in) {
  const auto found = call.vault.read([&](const Contents& contents) {
    return find_parameter(call, contents, json_string(in, "Name"));
  });
  if (!found) return tl::unexpected(found.error());
  Items items;
  for (const auto& version : found->parameter->versions) {
    Json one = parameter_facts_json(call, *found->parameter, version);
    one["Value"] = parameter_value_json(call, *found->parameter, version,
                                        json_bool(in, "WithDecryption"))["Value"];
    one["Labels"] = version.labels;
    items.emplace_back(std::to_string(version.number), std::move(one));
  }
  return paged(in, {"Parameters", kMostResults, "InvalidNextToken"}, items);
}

}  // namespace

std::vector<Operation> parameter_list_operations() {
  return {{"DescribeParameters", "",
           "Filters: [KeyFilter], ParameterFilters: [ParameterFilter], MaxResults: int, "
           "NextToken: str, Shared: bool",
           describe},
          {"GetParameterHistory", "Name",
           "Name: str, WithDecryption: bool, MaxResults: int, NextToken: str", history}};
}

}  // namespace drydock::api::vault
