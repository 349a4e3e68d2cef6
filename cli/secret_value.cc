#include "cli/secret_value.h"

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/documents.h"

namespace drydock::cli {
namespace {

constexpr std::size_t kLargestValue = 64u << 10;
constexpr std::size_t kLargestFile = 1u << 20;

}  // namespace

bool is_utf8(std::string_view text) {
  try {
    (void)Json(text).dump();
    return true;
  } catch (const Json::type_error&) {
    return false;
  }
}

Result<std::string> read_value(const ValueSource& source) {
  std::string value;
  if (source.text) {
    value = *source.text;
  } else if (!source.variable.empty()) {
    const char* found = std::getenv(source.variable.c_str());
    if (!found) return fail(Errc::kInvalid, "--from-env: there is no variable " + source.variable);
    value = found;
  } else {
    const bool input = source.file.empty() || source.file == "-";
    DRYDOCK_LET(value, read_document(input ? "-" : source.file, kLargestValue));
    if (input && value.ends_with('\n')) value.pop_back();
  }
  if (value.empty())
    return fail(Errc::kInvalid, "the value is empty, and neither service takes an empty one");
  return value;
}

Result<std::string> read_secrets_file(const std::string& file) {
  DRYDOCK_LET(std::string text, read_document(file, kLargestFile));
  if (!is_utf8(text)) return fail(Errc::kInvalid, "--secrets: " + file + " is not UTF-8 text");
  return text;
}

}  // namespace drydock::cli
