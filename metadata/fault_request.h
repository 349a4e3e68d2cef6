#pragma once
#include <string>
#include <tl/expected.hpp>

#include "netns/faults/plan.h"

// The bodies of the fault injection routes (metadata.md 13). What is wrong with one is said in the
// words of the agent. Pure.
namespace drydock::metadata {

template <class T>
using Parsed = tl::expected<T, std::string>;

Parsed<netns::BlackHole> parse_black_hole(const std::string& body);
Parsed<netns::Impairment> parse_impairment(netns::Impairment::Kind kind, const std::string& body);

}  // namespace drydock::metadata
