#pragma once
#include "base/json.h"
#include "control/answer.h"
#include "control/instances/instance.h"

// What RegisterContainerInstance says of an instance. Pure.
namespace drydock::control::instances {

// The instance without a name, a cluster and a time. What is left out is as kDefaultCpu and
// kDefaultMemoryMib say.
Answer<Instance> registration_of(const Json& request);
// Whether an instance may be registered anew as `after`: not as one of another type.
Answer<bool> may_follow(const Instance& before, const Instance& after);

// 1 to 128 letters, digits and - _ . / \ ; values also @ : and spaces within.
Answer<bool> check_attribute(const std::string& name, const std::optional<std::string>& value);
// Of an attribute in a request; none when it has no value.
std::optional<std::string> value_of(const Json& attribute);

}  // namespace drydock::control::instances
