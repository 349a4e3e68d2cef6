#pragma once
#include <memory>
#include <string_view>

#include "base/result.h"

namespace drydock::logrouter {

// A filter pattern of CloudWatch Logs, ready to match. Three kinds:
//   terms            ERROR "exact phrase" -without %reg.x%   all of them;   ?one ?of ?these
//   JSON             { $.level = "error" && ($.latency > 100 || $.user.id NOT EXISTS) }
//   space-delimited  [ip, user, ..., status = 4*, bytes > 1000]
// An empty pattern matches everything. Terms are found anywhere in the message, case counts.
// Expressions are RE2's: no pattern is slow. Immutable, thread-safe, cheap to copy.
class FilterPattern {
 public:
  // kInvalid says what is wrong and where.
  static Result<FilterPattern> parse(std::string_view text);
  bool matches(std::string_view message) const;
  // Whether it is empty.
  bool matches_all() const { return matcher_ == nullptr; }

  class Matcher {
   public:
    virtual ~Matcher() = default;
    virtual bool matches(std::string_view message) const = 0;
  };

 private:
  std::shared_ptr<const Matcher> matcher_;
};

}  // namespace drydock::logrouter
