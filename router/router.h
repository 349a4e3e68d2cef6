#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "logrouter/builtin/forward_decoder.h"
#include "router/filters.h"
#include "router/output_queue.h"

namespace drydock::router {

// The filters and outputs of one configuration.
class Router {
 public:
  using Tell = std::function<void(const std::string&)>;
  // kInvalid, kUnsupported: what the configuration wants and this router is not.
  static Result<std::unique_ptr<Router>> make(const std::vector<logrouter::RouterSection>& sections,
                                              const Tell& tell);

  // `done` is called when every output that the tag matches has taken the records, on any thread;
  // at once when none does.
  void route(logrouter::ForwardMessage message, const std::function<void()>& done);
  // Bytes of records that wait for an output.
  std::size_t waiting() const { return waiting_; }
  // Waits until all is written, at most so long.
  void drain(Duration at_most);
  std::size_t outputs() const { return routes_.size(); }

 private:
  struct Step {
    std::string match;
    std::unique_ptr<Filter> filter;
  };
  struct Route {
    std::string match;
    std::unique_ptr<OutputQueue> queue;
  };
  std::atomic<std::size_t> waiting_ = 0;
  std::vector<Step> steps_;
  std::vector<Route> routes_;
};

// `${NAME}` in the values of the sections becomes what the environment says; empty when it says
// nothing.
void fill_in_environment(std::vector<logrouter::RouterSection>& sections, Environment environment);

}  // namespace drydock::router
