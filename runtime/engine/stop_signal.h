#pragma once
#include <string_view>

namespace drydock::runtime {

// The number of an image's STOPSIGNAL ("SIGQUIT", "QUIT", "3", "SIGRTMIN+3"); SIGTERM for what
// names none.
int stop_signal(std::string_view text);

}  // namespace drydock::runtime
