#pragma once
#include <string>
#include <string_view>

// The daemon's own log (not the containers'). Library folders log at debug only; engine, daemon and
// CLI may say more. Never log environment values, credentials or registry answers.
namespace drydock::log {

enum class Level { kDebug, kInfo, kWarn, kError };

// Sends log lines to `path` (appended, rotated at 10 MiB, 3 files) or, when empty, to stderr.
void init(const std::string& path, Level level);
void debug(std::string_view message);
void info(std::string_view message);
void warn(std::string_view message);
void error(std::string_view message);

}  // namespace drydock::log
