#include "taskdef/dependencies.h"

#include <algorithm>
#include <set>

namespace drydock::taskdef {
namespace {

class Search {
 public:
  explicit Search(const std::map<std::string, std::vector<std::string>>& needs) : needs_(needs) {}

  // Follows what `name` needs; true when it came back to a name of its own way, which is then in
  // `cycle`. The depth is bounded by the number of names.
  bool visit(const std::string& name) {
    if (auto at = std::ranges::find(way_, name); at != way_.end()) {
      cycle.assign(at, way_.end());
      return true;
    }
    if (done_.contains(name)) return false;
    auto found = needs_.find(name);
    if (found == needs_.end()) return false;
    way_.push_back(name);
    const bool closed =
        std::ranges::any_of(found->second, [&](const std::string& next) { return visit(next); });
    way_.pop_back();
    done_.insert(name);
    return closed;
  }

  std::vector<std::string> cycle;

 private:
  const std::map<std::string, std::vector<std::string>>& needs_;
  std::vector<std::string> way_;
  std::set<std::string> done_;
};

}  // namespace

std::vector<std::string> find_cycle(const std::map<std::string, std::vector<std::string>>& needs) {
  Search search(needs);
  for (const auto& [name, unused] : needs)
    if (search.visit(name)) return search.cycle;
  return {};
}

}  // namespace drydock::taskdef
