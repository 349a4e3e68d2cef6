#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "taskdef/approximations.h"
#include "taskdef/normalise.h"
#include "taskdef/overrides.h"
#include "taskdef/parse.h"
#include "taskdef/read_model.h"
#include "taskdef/shapes.h"
#include "taskdef/validate.h"

// Any bytes may come as a task definition: nothing may crash, and what registers must normalise to
// itself.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock;
  auto request = taskdef::parse({reinterpret_cast<const char*>(data), size});
  if (!request) return 0;
  const bool registers =
      taskdef::validate(*request, {.allow_inference_accelerators = true}).empty();
  (void)taskdef::validate(*request, {.fargate = true});
  (void)taskdef::remarks(*request);
  (void)taskdef::approximations(*request);
  const Json document = taskdef::normalise(*request);
  const taskdef::TaskDefinition definition = taskdef::read_model(document);
  (void)taskdef::overrides_document(definition, *request);
  (void)taskdef::check_overrides(document, *request, true);
  (void)taskdef::read_model(taskdef::with_overrides(document, *request));
  if (!taskdef::check_types(document, taskdef::request_shape()).empty() && registers) std::abort();
  const Json again =
      taskdef::normalise(taskdef::to_request(taskdef::registered(document, {"arn", 1, 0, "me"})));
  if (registers && again != document) std::abort();
  return 0;
}
