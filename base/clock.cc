#include "base/clock.h"

#include <charconv>
#include <cstdio>
#include <ctime>

namespace drydock {
namespace {

using namespace std::chrono;

std::string calendar(Time t) {
  const auto day = floor<days>(t);
  const year_month_day ymd{day};
  const hh_mm_ss<nanoseconds> clock{t - day};
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(ymd.year()),
                static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

int fraction(Time t) { return static_cast<int>((t - floor<seconds>(t)).count()); }

bool digits(std::string_view text, std::size_t at, std::size_t n, int& out) {
  if (at + n > text.size()) return false;
  auto [end, ec] = std::from_chars(text.data() + at, text.data() + at + n, out);
  return ec == std::errc{} && end == text.data() + at + n && out >= 0;
}

}  // namespace

Time now() {
  timespec ts{};
  ::clock_gettime(CLOCK_REALTIME, &ts);
  return Time{seconds{ts.tv_sec} + nanoseconds{ts.tv_nsec}};
}

std::string rfc3339_nano(Time t) {
  char text[16];
  std::snprintf(text, sizeof text, ".%09dZ", fraction(t));
  return calendar(t) + text;
}

std::string rfc3339_short(Time t) {
  if (fraction(t) == 0) return calendar(t) + "Z";
  char text[16];
  std::snprintf(text, sizeof text, ".%09d", fraction(t));
  std::string s = text;
  s.erase(s.find_last_not_of('0') + 1);
  return calendar(t) + s + "Z";
}

Result<Time> parse_rfc3339(std::string_view text) {
  auto bad = [&] {
    return fail(Errc::kInvalid,
                "\"" + std::string(text) + "\" is not a time like 2026-03-01T08:15:04Z");
  };
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
  if (!digits(text, 0, 4, y) || !digits(text, 5, 2, mo) || !digits(text, 8, 2, d) ||
      !digits(text, 11, 2, h) || !digits(text, 14, 2, mi) || !digits(text, 17, 2, s) ||
      text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't' && text[10] != ' ') ||
      text[13] != ':' || text[16] != ':')
    return bad();
  const year_month_day ymd{year{y}, month{static_cast<unsigned>(mo)},
                           day{static_cast<unsigned>(d)}};
  if (!ymd.ok() || h > 23 || mi > 59 || s > 60) return bad();
  std::size_t at = 19;
  long long ns = 0;
  if (at < text.size() && text[at] == '.') {
    std::size_t n = 0;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++n)
      if (n < 9) ns = ns * 10 + (text[at] - '0');
    if (n == 0) return bad();
    for (; n < 9; ++n) ns *= 10;
  }
  minutes offset{0};
  const std::string_view zone = text.substr(at);
  if (zone != "Z" && zone != "z") {
    int oh = 0, om = 0;
    if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':' ||
        !digits(zone, 1, 2, oh) || !digits(zone, 4, 2, om))
      return bad();
    offset = minutes{(zone[0] == '-' ? -1 : 1) * (oh * 60 + om)};
  }
  return Time{sys_days{ymd}} + hours{h} + minutes{mi} + seconds{s} + nanoseconds{ns} - offset;
}

double epoch_seconds(Time t) {
  return static_cast<double>(floor<milliseconds>(t).time_since_epoch().count()) / 1000.0;
}

Result<Duration> parse_duration(std::string_view text) {
  auto bad = [&] {
    return fail(Errc::kInvalid,
                "\"" + std::string(text) + "\" is not a duration like 90, 90s, 1m30s, 500ms or 2h");
  };
  Duration total{0};
  std::string_view rest = text;
  if (rest.empty()) return bad();
  while (!rest.empty()) {
    long long n = 0;
    auto [end, ec] = std::from_chars(rest.data(), rest.data() + rest.size(), n);
    if (ec != std::errc{} || n < 0 || n > 100'000'000) return bad();
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    if (rest.empty()) {
      if (total != Duration{0}) return bad();  // "1m30" is ambiguous
      return Duration{seconds{n}};
    }
    if (rest.starts_with("ms")) {
      total += milliseconds{n};
      rest.remove_prefix(2);
    } else if (rest[0] == 's') {
      total += seconds{n};
      rest.remove_prefix(1);
    } else if (rest[0] == 'm') {
      total += minutes{n};
      rest.remove_prefix(1);
    } else if (rest[0] == 'h') {
      total += hours{n};
      rest.remove_prefix(1);
    } else if (rest[0] == 'd') {
      total += hours{24 * n};
      rest.remove_prefix(1);
    } else {
      return bad();
    }
  }
  return total;
}

}  // namespace drydock
