#include "images/save.h"

#include "api/local/routes.h"
#include "api/local/transfers.h"

namespace drydock::api::local {
namespace {

std::vector<std::string> references_of(std::string_view query) {
  std::vector<std::string> found;
  while (!query.empty()) {
    const auto end = query.find('&');
    if (const auto value = http::query_value(query.substr(0, end), "ref")) found.push_back(*value);
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
  }
  return found;
}

}  // namespace

http::Response save_images(const Context& context, const http::Request& request) {
  const auto references = references_of(request.query);
  if (references.empty())
    return problem(400, "InvalidParameterException", "Which images? Give ?ref=NAME.");
  // What can be known to be wrong is told before the stream begins.
  for (const auto& reference : references)
    if (const auto found = context->images->find(reference); !found) return problem(found.error());
  http::Response r;
  r.headers = {{"Content-Type", "application/x-tar"}};
  r.stream = [context, references](std::shared_ptr<http::StreamWriter> writer) {
    // Without close() the client sees that the body is cut.
    (void)context->transfers->start(
        std::move(writer),
        [context, references](http::StreamWriter& out, const images::CancelFlag& cancel) {
          const auto saved = images::save_oci_archive(
              *context->images, references,
              [&](std::string_view bytes) { return write_slowly(out, bytes, cancel); });
          if (saved) out.close();
        });
  };
  return r;
}

}  // namespace drydock::api::local
