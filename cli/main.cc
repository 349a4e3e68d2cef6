#include <algorithm>
#include <variant>

#include "cli/arguments.h"
#include "cli/session.h"

// An exception here is a bug and ends the program with its text.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
  using namespace drydock::cli;
  Parsed parsed =
      parse_arguments({argv + std::min(argc, 1), argv + argc}, program_of(argc > 0 ? argv[0] : ""));
  Session session(std::move(parsed.common), 1, 2);
  if (std::holds_alternative<std::monostate>(parsed.verb)) {
    (parsed.exit_code == 0 ? session.out : session.err).write(parsed.print);
    return parsed.exit_code;
  }
  return std::visit(
      [&](const auto& options) -> int {
        if constexpr (std::is_same_v<std::decay_t<decltype(options)>, std::monostate>) {
          return kUsage;
        } else {
          return execute(session, options);
        }
      },
      parsed.verb);
}
