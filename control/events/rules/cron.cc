#include "control/events/rules/cron.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <string>

namespace drydock::control::events {
namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 12> kMonths = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                      "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kWeek = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

struct Kind {
  std::string_view name;
  int first, last;
  std::span<const std::string_view> names = {};  // of the values from `first` on
  bool wraps = false;                            // FRI-MON
};
constexpr Kind kMinutes{"minutes", 0, 59}, kHours{"hours", 0, 23}, kDays{"day of month", 1, 31},
    kYears{"year", 1970, 2199};
const Kind kMonth{"month", 1, 12, kMonths, true}, kWeekDays{"day of week", 1, 7, kWeek, true};

auto wrong(const Kind& kind, std::string_view text) {
  return fail(Errc::kInvalid,
              "the " + std::string(kind.name) + " \"" + std::string(text) + "\" is not valid");
}

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto at = text.find(by);
    parts.push_back(text.substr(0, at));
    if (at == text.npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::optional<int> number(std::string_view text) {
  int n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (text.empty() || text[0] == '-' || error != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return n;
}

std::optional<int> value_of(const Kind& kind, std::string_view text) {
  for (std::size_t i = 0; i < kind.names.size(); ++i)
    if (std::equal(text.begin(), text.end(), kind.names[i].begin(), kind.names[i].end(),
                   [](char a, char b) { return (a >= 'a' && a <= 'z' ? a - 'a' + 'A' : a) == b; }))
      return kind.first + static_cast<int>(i);
  const auto n = number(text);
  return n && *n >= kind.first && *n <= kind.last ? n : std::nullopt;
}

// "5", "1-5", "*", "0/15", "1-30/2".
template <class Set>
Status add_part(const Kind& kind, std::string_view part, Set set) {
  const auto slash = part.find('/');
  const std::string_view range = part.substr(0, slash);
  int step = 1;
  if (slash != part.npos) {
    const auto n = number(part.substr(slash + 1));
    if (!n || *n < 1 || *n > kind.last) return wrong(kind, part);
    step = *n;
  }
  std::optional<int> from = kind.first, to = kind.last;
  if (range != "*") {
    const auto dash = range.find('-');
    from = value_of(kind, range.substr(0, dash));
    if (dash != range.npos)
      to = value_of(kind, range.substr(dash + 1));
    else if (slash == part.npos)
      to = from;
  }
  if (!from || !to || (*from > *to && !kind.wraps)) return wrong(kind, part);
  const int values = kind.last - kind.first + 1;
  const int length = *from <= *to ? *to - *from : *to + values - *from;
  for (int i = 0; i <= length; i += step) set(kind.first + (*from - kind.first + i) % values);
  return {};
}

template <class Bits>
Status read_field(const Kind& kind, std::string_view text, Bits& bits, int offset = 0) {
  for (const std::string_view part : split(text, ','))
    DRYDOCK_TRY(add_part(kind, part,
                         [&](int value) { bits.set(static_cast<std::size_t>(value - offset)); }));
  return {};
}

unsigned week_day(sys_days day) { return weekday(day).c_encoding() + 1; }

unsigned last_day_of(year_month month) { return static_cast<unsigned>((month / last).day()); }

// The day from Monday to Friday that is nearest to `day`, in the same month; 0: there is no such
// day.
unsigned nearest_weekday(year_month month, unsigned day) {
  const unsigned end = last_day_of(month);
  if (day > end) return 0;
  switch (week_day(sys_days(month / std::chrono::day(day)))) {
    case 7:
      return day == 1 ? 3 : day - 1;
    case 1:
      return day == end ? day - 2 : day + 1;
    default:
      return day;
  }
}

}  // namespace

Result<Cron> Cron::parse(std::string_view text) {
  std::vector<std::string_view> fields;
  for (const std::string_view field : split(text, ' '))
    if (!field.empty()) fields.push_back(field);
  if (fields.size() != 6)
    return fail(Errc::kInvalid,
                "a cron expression has six fields, not " + std::to_string(fields.size()));
  if ((fields[2] == "?") == (fields[4] == "?"))
    return fail(Errc::kInvalid, "one of day of month and day of week must be ?, and one only");
  Cron cron;
  DRYDOCK_TRY(read_field(kMinutes, fields[0], cron.minutes_));
  DRYDOCK_TRY(read_field(kHours, fields[1], cron.hours_));
  DRYDOCK_TRY(read_field(kMonth, fields[3], cron.months_));
  DRYDOCK_TRY(read_field(kYears, fields[5], cron.years_, kFirstYear));
  cron.by_week_ = fields[2] == "?";
  if (cron.by_week_)
    DRYDOCK_TRY(cron.read_day_of_week(fields[4]));
  else
    DRYDOCK_TRY(cron.read_day_of_month(fields[2]));
  return cron;
}

Status Cron::read_day_of_month(std::string_view text) {
  for (const std::string_view part : split(text, ',')) {
    if (part == "L") {
      last_day_ = true;
    } else if (part == "LW") {
      last_weekday_ = true;
    } else if (part.ends_with('W')) {
      const auto day = value_of(kDays, part.substr(0, part.size() - 1));
      if (!day) return wrong(kDays, part);
      near_.push_back(static_cast<unsigned>(*day));
    } else {
      DRYDOCK_TRY(read_field(kDays, part, days_));
    }
  }
  return {};
}

Status Cron::read_day_of_week(std::string_view text) {
  for (const std::string_view part : split(text, ',')) {
    if (const auto hash = part.find('#'); hash != part.npos) {
      const auto day = value_of(kWeekDays, part.substr(0, hash));
      const auto nth = number(part.substr(hash + 1));
      if (!day || !nth || *nth < 1 || *nth > 5) return wrong(kWeekDays, part);
      nth_.emplace_back(*day, *nth);
    } else if (part == "L") {
      week_days_.set(7);
    } else if (part.ends_with('L')) {
      const auto day = value_of(kWeekDays, part.substr(0, part.size() - 1));
      if (!day) return wrong(kWeekDays, part);
      last_of_.push_back(static_cast<unsigned>(*day));
    } else {
      DRYDOCK_TRY(read_field(kWeekDays, part, week_days_));
    }
  }
  return {};
}

bool Cron::fits_day(year_month_day date) const {
  const auto day = static_cast<unsigned>(date.day());
  const year_month month = date.year() / date.month();
  if (!by_week_) {
    const unsigned end = last_day_of(month);
    return days_.test(day) || (last_day_ && day == end) ||
           (last_weekday_ && day == nearest_weekday(month, end)) ||
           std::any_of(near_.begin(), near_.end(),
                       [&](unsigned n) { return day == nearest_weekday(month, n); });
  }
  const unsigned of_week = week_day(sys_days(date));
  return week_days_.test(of_week) ||
         std::any_of(last_of_.begin(), last_of_.end(),
                     [&](unsigned n) { return of_week == n && day + 7 > last_day_of(month); }) ||
         std::any_of(nth_.begin(), nth_.end(), [&](const auto& one) {
           return of_week == one.first && (day - 1) / 7 + 1 == one.second;
         });
}

std::optional<Time> Cron::next(Time after) const {
  const auto start = floor<minutes>(after) + minutes(1);
  const year_month_day first(floor<days>(start));
  for (int y = std::max(int(first.year()), kFirstYear); y <= kLastYear; ++y) {
    if (!years_.test(static_cast<std::size_t>(y - kFirstYear))) continue;
    for (unsigned m = 1; m <= 12; ++m) {
      const year_month month{year(y), std::chrono::month(m)};
      if (!months_.test(m) || month < first.year() / first.month()) continue;
      for (unsigned d = 1; d <= last_day_of(month); ++d) {
        const year_month_day date = month / day(d);
        if (date < first || !fits_day(date)) continue;
        for (int h = 0; h < 24; ++h) {
          if (!hours_.test(static_cast<std::size_t>(h))) continue;
          for (int n = 0; n < 60; ++n) {
            const auto at = sys_days(date) + hours(h) + minutes(n);
            if (at >= start && minutes_.test(static_cast<std::size_t>(n))) return Time(at);
          }
        }
      }
    }
  }
  return std::nullopt;
}

}  // namespace drydock::control::events
