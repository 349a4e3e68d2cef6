// Any bytes may come as a template: nothing may crash or take long, and what is resolved can be
// looked at as any task definition can.
#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "taskdef/templates/templates.h"
#include "taskdef/validate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock;
  using namespace drydock::taskdef;
  const auto document = templates::read_document({reinterpret_cast<const char*>(data), size});
  if (!document) return 0;
  templates::Settings settings;
  settings.parameters = {{"P", "value"}, {"R.Arn", "arn"}, {"L", "a,b"}};
  (void)templates::format_of(*document);
  (void)templates::cdk_templates(*document);
  for (const auto& content : {templates::read_cloudformation(*document, settings),
                              templates::read_terraform(*document, settings)}) {
    if (!content) continue;
    for (const auto& one : content->definitions)
      if (one.request) (void)validate(*one.request, {});
  }
  return 0;
}
