#include "images/registry/challenge.h"

#include <algorithm>

namespace drydock::images::registry {
namespace {

constexpr std::size_t kMostChallenges = 16;
constexpr std::size_t kMostParameters = 16;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }
  bool next_is(char c) const { return !text_.empty() && text_.front() == c; }
  void drop() { text_.remove_prefix(1); }
  // White space, and what else separates list members.
  bool skip(std::string_view separators) {
    const auto end = std::min(text_.find_first_not_of(separators), text_.size());
    text_.remove_prefix(end);
    return end > 0;
  }
  std::string word() {
    const auto end = std::min(text_.find_first_of(" \t,=\""), text_.size());
    std::string taken(text_.substr(0, end));
    text_.remove_prefix(end);
    return taken;
  }
  std::string value() {
    if (!next_is('"')) {
      const auto end = std::min(text_.find_first_of(" \t,"), text_.size());
      std::string taken(text_.substr(0, end));
      text_.remove_prefix(end);
      return taken;
    }
    drop();
    std::string taken;
    for (; !done() && !next_is('"'); drop()) {
      if (next_is('\\') && text_.size() > 1) drop();
      taken += text_.front();
    }
    if (!done()) drop();
    return taken;
  }

 private:
  std::string_view text_;
};

}  // namespace

std::string Challenge::parameter(const std::string& name) const {
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::string() : found->second;
}

std::vector<Challenge> parse_challenges(std::string_view header) {
  std::vector<Challenge> challenges;
  Scanner scan(header);
  while (scan.skip(" \t,"), !scan.done()) {
    const std::string word = scan.word();
    scan.skip(" \t");
    if (scan.next_is('=')) {  // a parameter of the challenge before
      scan.drop();
      scan.skip(" \t");
      std::string value = scan.value();
      if (!word.empty() && !challenges.empty() &&
          challenges.back().parameters.size() < kMostParameters)
        challenges.back().parameters.emplace(lower(word), std::move(value));
    } else if (!word.empty()) {
      if (challenges.size() == kMostChallenges) break;
      challenges.push_back({lower(word), {}});
    } else if (!scan.done()) {
      (void)scan.value();  // a quoted text where none belongs
    }
  }
  return challenges;
}

}  // namespace drydock::images::registry
