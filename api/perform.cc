#include "api/perform.h"

#include <nlohmann/json.hpp>

namespace drydock::api {

using control::Answer;
using control::ApiError;

Answer<Json> perform(const ApiContext& context, const Operation& operation,
                     const control::Caller& caller, const Json& input) {
  control::Control& c = *context.control;
  std::shared_future<Status> saved;
  auto answer = context.loop->call([&] {
    const control::Store::Hold one_transaction(c.store);
    auto result = operation.run(c, caller, input);
    if (result && operation.writes) saved = c.store.committed();
    return result;
  });
  if (!saved.valid()) return answer;
  if (const Status& done = saved.get(); !done) {
    if (operation.undo)
      context.loop->call([&] {
        operation.undo(c, *answer);
        return true;
      });
    return tl::unexpected(
        ApiError{"ServerException",
                 "The change could not be saved and may be lost when the daemon restarts: " +
                     done.error().message,
                 500,
                 {}});
  }
  return answer;
}

}  // namespace drydock::api
