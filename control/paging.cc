#include "control/paging.h"

#include <algorithm>
#include <charconv>

#include "base/ids.h"

namespace drydock::control {
namespace {

// "<position of the next item, decimal>.<first 16 hex of the last item's hash>"
std::string token_after(std::size_t next, const std::string& last) {
  return std::to_string(next) + "." + sha256_hex(last).substr(0, 16);
}

std::optional<std::size_t> position(const std::vector<std::string>& items,
                                    const std::string& token) {
  const auto dot = token.find('.');
  std::size_t next = 0;
  if (dot == std::string::npos || token.size() - dot != 17) return std::nullopt;
  const auto [end, bad] = std::from_chars(token.data(), token.data() + dot, next);
  if (bad != std::errc() || end != token.data() + dot) return std::nullopt;
  const std::string mark = token.substr(dot + 1);
  if (next > 0 && next <= items.size() && sha256_hex(items[next - 1]).substr(0, 16) == mark)
    return next;
  for (std::size_t i = 0; i < items.size(); ++i)
    if (sha256_hex(items[i]).substr(0, 16) == mark) return i + 1;
  return std::min(next, items.size());  // the last item shown is gone
}

}  // namespace

Answer<Page> page_of(const std::vector<std::string>& items, const PageRequest& request,
                     long long largest) {
  const long long size = request.max_results.value_or(largest);
  if (size < 1 || size > largest)
    return invalid_parameter("maxResults must be between 1 and " + std::to_string(largest) +
                             ", and was " + std::to_string(size) + ".");
  std::size_t from = 0;
  if (!request.next_token.empty()) {
    const auto at = position(items, request.next_token);
    if (!at) return invalid_parameter("Invalid token.");
    from = *at;
  }
  const std::size_t to = std::min(items.size(), from + static_cast<std::size_t>(size));
  Page page{{items.begin() + static_cast<std::ptrdiff_t>(from),
             items.begin() + static_cast<std::ptrdiff_t>(to)},
            {}};
  if (to < items.size()) page.next_token = token_after(to, items[to - 1]);
  return page;
}

}  // namespace drydock::control
