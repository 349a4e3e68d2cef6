#pragma once
#include <map>
#include <string>
#include <vector>

namespace drydock::taskdef {

// The names of one cycle in `needs` (name -> names it waits for), in order, the first not repeated;
// empty when there is none. Names that are no key wait for nothing. A name that waits for itself is
// a cycle of one.
std::vector<std::string> find_cycle(const std::map<std::string, std::vector<std::string>>& needs);

}  // namespace drydock::taskdef
