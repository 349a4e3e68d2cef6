#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>

#include "runtime/bundle/env_file.h"
#include "runtime/bundle/platform.h"
#include "runtime/bundle/users.h"
#include "runtime/s3_objects.h"

// Files that others write: environment files, and the passwd and group files of an image. Nothing
// may crash; a variable has a name without "=" and comes once; a file lies in the folder that
// stands for its bucket.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock::runtime;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto variables = parse_env_file(text)) {
    std::set<std::string> names;
    for (const auto& [name, value] : *variables)
      if (name.empty() || name.find_first_of("=\n") != name.npos || !names.insert(name).second ||
          value.find('\0') != value.npos)
        std::abort();
  }
  if (const auto name = s3_object_name(text))
    if (const auto file = s3_object_file({{"b/", "/folder"}}, *name))
      if (!file->starts_with("/folder/") || (*file + "/").find("/../") != file->npos) std::abort();
  (void)emulates({std::string(text)}, "ARM64");
  const std::size_t half = size / 2;
  (void)user_of(text.substr(0, std::min<std::size_t>(size, 16)), text.substr(0, half),
                text.substr(half));
  return 0;
}
