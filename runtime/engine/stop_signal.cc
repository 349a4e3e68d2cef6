#include "runtime/engine/stop_signal.h"

#include <signal.h>
#include <strings.h>

#include <charconv>
#include <cstring>
#include <string>

namespace drydock::runtime {
namespace {

// glibc keeps the first two of the kernel's real-time signals; images name them as a C program sees
// them.
constexpr int kFirstRealTime = 34;
constexpr int kLastRealTime = 64;

}  // namespace

int stop_signal(std::string_view text) {
  int number = 0;
  if (auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
      ec == std::errc{} && end == text.data() + text.size())
    return number > 0 && number <= SIGRTMAX ? number : SIGTERM;
  std::string name(text);
  if (::strncasecmp(name.c_str(), "SIG", 3) == 0) name.erase(0, 3);
  if (::strncasecmp(name.c_str(), "RTMIN", 5) == 0 ||
      ::strncasecmp(name.c_str(), "RTMAX", 5) == 0) {
    int offset = 0;
    const std::string rest = name.substr(5);
    const char* digits = rest.c_str() + (rest.starts_with('+') ? 1 : 0);
    if (!rest.empty()) std::from_chars(digits, rest.c_str() + rest.size(), offset);
    const bool low = ::strncasecmp(name.c_str(), "RTMIN", 5) == 0;
    const int value = (low ? kFirstRealTime : kLastRealTime) + offset;
    return value >= kFirstRealTime && value <= kLastRealTime ? value : SIGTERM;
  }
  for (int i = 1; i < 32; ++i)
    if (const char* known = ::sigabbrev_np(i); known && ::strcasecmp(known, name.c_str()) == 0)
      return i;
  return SIGTERM;
}

}  // namespace drydock::runtime
