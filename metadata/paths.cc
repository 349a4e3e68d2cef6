#include "metadata/paths.h"

#include <cctype>
#include <cstring>

namespace drydock::metadata {

std::vector<std::string> segments(std::string_view path) {
  std::vector<std::string> out;
  if (!path.empty() && path.front() == '/') path.remove_prefix(1);
  for (;;) {
    const auto slash = path.find('/');
    out.emplace_back(path.substr(0, slash));
    if (slash == path.npos) return out;
    path.remove_prefix(slash + 1);
  }
}

std::string clean_path(std::string_view path) {
  std::vector<std::string> kept;
  const auto all = segments(path);
  for (const auto& part : all) {
    if (part == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (!part.empty() && part != ".") {
      kept.push_back(part);
    }
  }
  std::string out;
  for (const auto& part : kept) out += "/" + part;
  const bool ends_in_slash = !path.empty() && path.back() == '/';
  if (out.empty() || ends_in_slash) out += '/';
  return out;
}

std::string escape_path(std::string_view path) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || (byte != 0 && std::strchr("-_.~$&+,/:;=@", c) != nullptr))
      out += c;
    else
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return out;
}

}  // namespace drydock::metadata
