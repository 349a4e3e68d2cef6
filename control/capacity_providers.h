#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "control/answer.h"
#include "control/caller.h"
#include "control/paging.h"
#include "control/store.h"

namespace drydock::control {

// The capacity providers of every account and region (api.md 4.3): FARGATE and FARGATE_SPOT, which
// always are there, and those that were created, which are kept and stand for EC2 capacity. Loop
// thread only.
class CapacityProviders {
 public:
  explicit CapacityProviders(Store& store) : store_(store) {}
  Status restore();

  Answer<Json> create(const Caller& caller, const Json& request);
  Answer<Json> update(const Caller& caller, const Json& request);
  // `in_use` names a cluster that still has it; nothing otherwise.
  using InUse = std::function<std::string(const std::string& name)>;
  Answer<Json> remove(const Caller& caller, const Json& request, const InUse& in_use);
  Answer<Json> describe(const Caller& caller, const Json& request, const PageRequest& page) const;

  // Whether a cluster may have it: by its name.
  bool exists(const Caller& caller, const std::string& name) const;

  Answer<Json> tags(const std::string& arn) const;
  Answer<bool> tag(const std::string& arn, const Json& add, const std::vector<std::string>& remove);
  void forget_all();  // reset: memory only

 private:
  using Document = std::shared_ptr<const Json>;
  Document lookup(const Caller& caller, const std::string& name_or_arn) const;
  void keep(const std::string& arn, Json document);

  Store& store_;
  std::map<std::string, Document> created_;  // by ARN
};

// Whether it stands for Fargate.
bool is_fargate_provider(const std::string& name);

}  // namespace drydock::control
