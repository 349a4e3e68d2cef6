#pragma once
#include <string>

#include "base/json.h"

// The document DescribeTaskDefinition echoes.
namespace drydock::taskdef {

// The request with the defaults and spellings ECS gives back: task sizes as plain numbers, empty
// lists, `essential`, port protocols and host ports, health check times, plus the computed
// `compatibilities` and `requiresAttributes`. Every known member is kept; null and unknown ones and
// `tags` (which travel beside the definition) are not. The order of members is fixed, so two
// requests that mean the same give the same document. Never fails; meant for requests that passed
// validate().
Json normalise(const Json& request);

// The request's tags, [] when it has none.
Json tags_of(const Json& request);

// What registration adds to a normalised document.
struct Registration {
  std::string arn;
  int revision = 1;
  double registered_at = 0;  // seconds since 1970
  std::string registered_by;
};

// The `taskDefinition` member of the response: `document` with its identity and status ACTIVE.
Json registered(const Json& document, const Registration& registration);

}  // namespace drydock::taskdef
