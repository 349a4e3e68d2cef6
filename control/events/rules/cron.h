#pragma once
#include <bitset>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace drydock::control::events {

// The six fields of a cron expression of EventBridge: minutes, hours, day of month, month, day of
// week (1-7 or SUN-SAT), year; in UTC. Pure.
class Cron {
 public:
  // kInvalid names the field.
  static Result<Cron> parse(std::string_view fields);
  // The first minute behind `after` that fits; nothing when no year is left.
  std::optional<Time> next(Time after) const;

 private:
  bool fits_day(std::chrono::year_month_day day) const;
  Status read_day_of_month(std::string_view text);
  Status read_day_of_week(std::string_view text);

  static constexpr int kFirstYear = 1970, kLastYear = 2199;
  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<13> months_;
  std::bitset<kLastYear - kFirstYear + 1> years_;
  // One of the two is `?`.
  bool by_week_ = false;
  std::bitset<32> days_;
  bool last_day_ = false, last_weekday_ = false;    // L, LW
  std::vector<unsigned> near_;                      // 15W
  std::bitset<8> week_days_;                        // 1: Sunday
  std::vector<unsigned> last_of_;                   // 6L: the last Friday
  std::vector<std::pair<unsigned, unsigned>> nth_;  // 6#3: the third Friday
};

}  // namespace drydock::control::events
