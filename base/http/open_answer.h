#pragma once
#include <functional>
#include <memory>
#include <string_view>

#include "base/http/client.h"

namespace drydock::http {

// An answer whose body is still to come: for what passes bodies on while they arrive. One thread
// uses it.
class OpenAnswer {
 public:
  // Sends the request, whole, and waits for the answer's head. Errors as of fetch().
  static Result<std::unique_ptr<OpenAnswer>> fetch(ClientRequest request);
  ~OpenAnswer();
  OpenAnswer(const OpenAnswer&) = delete;

  // Status and headers; its body is empty.
  const ClientResponse& head() const;
  // Gives each piece of the body, of whatever status, to `take` until its end; false from it ends
  // the transfer, as an error. `take` may block: nothing is read meanwhile.
  Status body(const std::function<bool(std::string_view)>& take);

 private:
  struct State;
  explicit OpenAnswer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace drydock::http
