#include "taskdef/text.h"

#include <algorithm>

namespace drydock::taskdef {

std::string fill(std::string_view text, std::initializer_list<std::string_view> arguments) {
  std::string out;
  auto argument = arguments.begin();
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text.substr(at, 2) == "{}" && argument != arguments.end()) {
      out += *argument++;
      ++at;
    } else {
      out += text[at];
    }
  }
  return out;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](unsigned char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace drydock::taskdef
