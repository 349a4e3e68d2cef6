#pragma once
#include <string>
#include <string_view>

#include "runtime/shim/records.h"

// What an OCI runtime says when it fails (--log FILE --log-format json). No JSON library: the shim
// uses it.
namespace drydock::runtime::shim {

// The "msg" of the last line whose level is "error" or "fatal"; empty when there is none.
std::string last_error(std::string_view log);

// What kind of failure a runtime's message tells of. The words are runc's and crun's.
Failure failure_of(std::string_view message);

}  // namespace drydock::runtime::shim
