#pragma once
#include <string>
#include <vector>

#include "base/json.h"
#include "control/answer.h"
#include "control/instances/expression.h"
#include "control/instances/instance.h"

// On which container instance a task goes. Pure.
namespace drydock::control::instances {

struct Constraint {
  bool distinct = false;  // distinctInstance: no other task of its group is there
  Expression expression;  // memberOf
};

struct Strategy {
  std::string type;   // random, spread, binpack
  std::string field;  // instanceId, host, attribute:NAME; cpu, memory
};

struct Rules {
  std::vector<Constraint> constraints;
  std::vector<Strategy> strategies;
};

// The placementConstraints and placementStrategy of a request together with the constraints of the
// definition; either list may be null. Refuses what is malformed.
Answer<Rules> rules_of(const Json* constraints, const Json* strategies, const Json* of_definition);

struct Candidate {
  const Instance* instance;
  Usage usage;
};

// Why an instance does not take a task: a failure of RunTask (api.md 3.3).
struct Failure {
  std::string arn;
  std::string reason;
  std::string detail;
};

// The values that an expression may ask for.
std::vector<std::string> values_of(const Candidate& candidate, const std::string& subject);
// Whether all memberOf constraints hold.
bool is_member(const Candidate& candidate, const Rules& rules);
// Why it does not take the task; an empty reason: it does.
Failure refusal(const Candidate& candidate, const Need& need, const std::string& group,
                const Rules& rules);

struct Place {
  std::string instance;           // its ARN; empty: none takes it
  std::vector<Failure> failures;  // then: of each one
};
// The best by the strategies in their order; of equals the one with the fewest tasks, then the
// first.
Place choose(const std::vector<Candidate>& candidates, const Need& need, const std::string& group,
             const Rules& rules);

}  // namespace drydock::control::instances
