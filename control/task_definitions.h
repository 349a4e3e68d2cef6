#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "control/answer.h"
#include "control/caller.h"
#include "control/paging.h"
#include "control/store.h"
#include "control/tags.h"

namespace drydock::control {

// Task definitions of every account and region: families, their revisions, and their life cycle
// (task-definition.md 1). The document shown is the one kept. Loop thread only.
class TaskDefinitions {
 public:
  explicit TaskDefinitions(Store& store);
  ~TaskDefinitions();
  Status restore();

  // One revision. Immutable; replaced as a whole when its status or tags change.
  struct Revision {
    std::string arn;
    std::string family;
    int number = 0;
    std::string status;                    // ACTIVE, INACTIVE, DELETE_IN_PROGRESS
    std::shared_ptr<const Json> document;  // the API's taskDefinition object
    Tags tags;
  };
  using RevisionPtr = std::shared_ptr<const Revision>;

  // Validates, numbers and keeps a RegisterTaskDefinition request: {taskDefinition, tags?}.
  Answer<Json> register_definition(const Caller& caller, const Json& request);
  // The newest ACTIVE revision of the request's family when it means the same as `request` (tags
  // apart), else registers it (decision 31). `registered` tells which.
  struct Registered {
    RevisionPtr revision;
    bool registered = false;
  };
  Answer<Registered> register_or_reuse(const Caller& caller, const Json& request);

  Answer<Json> describe(const Caller& caller, const Json& request) const;
  Answer<Json> deregister(const Caller& caller, const Json& request);
  Answer<Json> remove(const Caller& caller, const Json& request);  // DeleteTaskDefinitions
  Answer<Page> list(const Caller& caller, const Json& request, const PageRequest& page) const;
  Answer<Page> families(const Caller& caller, const Json& request, const PageRequest& page) const;

  // "family" (its newest ACTIVE revision), "family:3" or an ARN; null when there is none of any
  // status.
  RevisionPtr find(const Caller& caller, const std::string& reference) const;

  Answer<Json> tags(const std::string& arn) const;
  Answer<bool> tag(const std::string& arn, const Json& add, const std::vector<std::string>& remove);
  void forget_all();  // reset: memory only
  std::size_t size() const;

 private:
  struct Family {
    int last = 0;  // the highest number ever given: numbers are never used again
    std::map<int, RevisionPtr> revisions;
  };
  using FamilyKey = std::pair<std::string, std::string>;  // "region:account", family
  Answer<RevisionPtr> keep_new(const Caller& caller, const Json& request);
  void keep(const FamilyKey& key, Revision revision);
  RevisionPtr by_arn(const std::string& arn) const;

  Store& store_;
  std::map<FamilyKey, Family> families_;
};

}  // namespace drydock::control
