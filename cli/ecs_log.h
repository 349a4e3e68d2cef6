#pragma once
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/session.h"

namespace drydock::cli {

// Messages as ecs-cli writes them: "INFO[0003] text   key=value", with the seconds since it began.
class EcsLog {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;
  explicit EcsLog(Session& session) : session_(session) {}

  void info(std::string_view text, const Fields& fields = {}) { say("INFO", text, fields); }
  void warn(std::string_view text) { say("WARN", text, {}); }

 private:
  void say(const char* level, std::string_view text, const Fields& fields);
  Session& session_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

// A table as ecs-cli prints them: cells of 20 characters or more, three spaces between.
std::string ecs_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace drydock::cli
