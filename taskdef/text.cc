#include "taskdef/text.h"

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

}  // namespace drydock::taskdef
