#include "metadata/answers.h"

#include <nlohmann/json.hpp>

#include "metadata/documents.h"

namespace drydock::metadata {

http::Response json_answer(int status, const Json& value) {
  return {status, {{"Content-Type", "application/json"}}, wire_text(value), {}};
}

http::Response text_error(int status, const std::string& text) {
  return json_answer(status, Json(text));
}

http::Response not_found() {
  return {404,
          {{"Content-Type", "text/plain; charset=utf-8"}, {"X-Content-Type-Options", "nosniff"}},
          "404 page not found\n",
          {}};
}

}  // namespace drydock::metadata
