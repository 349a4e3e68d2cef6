#pragma once
#include <optional>
#include <string>
#include <vector>

#include "control/answer.h"

namespace drydock::control {

struct PageRequest {
  std::optional<long long> max_results;
  std::string next_token;
};

struct Page {
  std::vector<std::string> items;
  std::string next_token;  // empty on the last page
};

// One page of `items` (in the order in which they are to be shown). Page sizes run from 1 to
// `largest`, which is also the default (api.md 1.4). A token remembers the last item shown, so what
// appears or goes in between does not shift pages.
Answer<Page> page_of(const std::vector<std::string>& items, const PageRequest& request,
                     long long largest = 100);

}  // namespace drydock::control
