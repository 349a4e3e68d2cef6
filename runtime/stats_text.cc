#include "runtime/stats_text.h"

#include <charconv>
#include <limits>

namespace drydock::runtime {
namespace {

constexpr std::uint64_t kUs = 1000;  // ns
// v1 writes the greatest number of whole pages for "no limit".
constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 62;

// The next piece up to one of `ends`, which is taken away; pieces may be empty.
std::string_view take(std::string_view& text, char end) {
  const auto at = text.find(end);
  const auto piece = text.substr(0, at);
  text.remove_prefix(at == text.npos ? text.size() : at + 1);
  return piece;
}

// The next word between blanks; empty at the end.
std::string_view word(std::string_view& text) {
  const auto from = text.find_first_not_of(" \t");
  if (from == text.npos) return text = {};
  text.remove_prefix(from);
  const auto found = text.substr(0, text.find_first_of(" \t"));
  text.remove_prefix(found.size());
  return found;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc{} || at != end) return std::nullopt;
  return value;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

bool device(std::string_view text, BlockCounter& to) {
  const auto major = number(take(text, ':'));
  const auto minor = number(text);
  if (!major || !minor) return false;
  to.major = *major;
  to.minor = *minor;
  return true;
}

std::uint64_t entry(const std::map<std::string, std::uint64_t>& map, const char* key) {
  const auto found = map.find(key);
  return found == map.end() ? 0 : found->second;
}

}  // namespace

std::map<std::string, std::uint64_t> flat_counters(std::string_view text) {
  std::map<std::string, std::uint64_t> out;
  while (!text.empty()) {
    auto line = take(text, '\n');
    const auto name = word(line);
    if (const auto value = number(word(line)); value && !name.empty())
      out[std::string(name)] = *value;
  }
  return out;
}

std::optional<std::uint64_t> one_limit(std::string_view text) {
  const auto value = number(trimmed(text));
  return value && *value < kNoLimit ? value : std::nullopt;
}

CpuCounters cpu_of_v2(std::string_view cpu_stat) {
  const auto all = flat_counters(cpu_stat);
  CpuCounters out;
  out.total = entry(all, "usage_usec") * kUs;
  out.kernel = entry(all, "system_usec") * kUs;
  out.user = entry(all, "user_usec") * kUs;
  out.periods = entry(all, "nr_periods");
  out.throttled_periods = entry(all, "nr_throttled");
  out.throttled_time = entry(all, "throttled_usec") * kUs;
  return out;
}

CpuCounters cpu_of_v1(std::string_view usage, std::string_view usage_percpu,
                      std::string_view cpuacct_stat, std::string_view cpu_stat,
                      std::uint64_t tick) {
  CpuCounters out;
  out.total = number(trimmed(usage)).value_or(0);
  usage_percpu = trimmed(usage_percpu);
  for (auto one = word(usage_percpu); !one.empty(); one = word(usage_percpu))
    out.each.push_back(number(one).value_or(0));
  const auto split = flat_counters(cpuacct_stat);
  out.kernel = entry(split, "system") * tick;
  out.user = entry(split, "user") * tick;
  const auto limits = flat_counters(cpu_stat);
  out.periods = entry(limits, "nr_periods");
  out.throttled_periods = entry(limits, "nr_throttled");
  out.throttled_time = entry(limits, "throttled_time");
  return out;
}

std::vector<BlockCounter> blocks_of_v2(std::string_view io_stat) {
  std::vector<BlockCounter> out;
  while (!io_stat.empty()) {
    auto line = take(io_stat, '\n');
    BlockCounter one;
    if (!device(word(line), one)) continue;
    for (auto pair = word(line); !pair.empty(); pair = word(line)) {
      const auto name = take(pair, '=');
      const auto value = number(pair);
      if (!value || (name != "rbytes" && name != "wbytes")) continue;
      one.op = name == "rbytes" ? "read" : "write";
      one.value = *value;
      out.push_back(one);
    }
  }
  return out;
}

std::vector<BlockCounter> blocks_of_v1(std::string_view text) {
  std::vector<BlockCounter> out;
  while (!text.empty()) {
    auto line = take(text, '\n');
    BlockCounter one;
    if (!device(word(line), one)) continue;  // the sum of all devices has none
    one.op = word(line);
    const auto value = number(word(line));
    if (!value) continue;
    one.value = *value;
    out.push_back(std::move(one));
  }
  return out;
}

std::map<std::string, InterfaceCounters> interfaces_of(std::string_view net_dev) {
  std::map<std::string, InterfaceCounters> out;
  while (!net_dev.empty()) {
    auto line = take(net_dev, '\n');
    const auto colon = line.find(':');
    if (colon == line.npos) continue;  // the two lines of titles
    auto head = line.substr(0, colon);
    const auto name = word(head);
    line.remove_prefix(colon + 1);
    std::uint64_t all[16] = {};
    std::size_t count = 0;
    for (auto one = word(line); !one.empty() && count < 16; one = word(line))
      all[count++] = number(one).value_or(0);
    if (count < 16 || name.empty()) continue;
    out[std::string(name)] = {all[0], all[1], all[2], all[3], all[8], all[9], all[10], all[11]};
  }
  return out;
}

std::uint64_t host_ticks(std::string_view proc_stat) {
  auto line = take(proc_stat, '\n');
  if (word(line) != "cpu") return 0;
  std::uint64_t sum = 0;
  for (int i = 0; i < 8; ++i) sum += number(word(line)).value_or(0);
  return sum;
}

}  // namespace drydock::runtime
