#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace drydock::logrouter {

// Tells which lines begin a log event, for awslogs-multiline-pattern and awslogs-datetime-format.
// Expressions are RE2's, as in the AWS driver: matching takes time linear in the line, whatever the
// expression. Immutable, thread-safe.
class LineStart {
 public:
  // An expression found anywhere in the line. kInvalid names it and says what is wrong.
  static Result<std::shared_ptr<const LineStart>> of_pattern(const std::string& expression);
  // A strftime format (%Y-%m-%d …); what is not a conversion is part of an expression.
  static Result<std::shared_ptr<const LineStart>> of_datetime(const std::string& format);
  ~LineStart();

  bool begins_event(std::string_view line) const;

 private:
  struct Expression;
  explicit LineStart(std::unique_ptr<Expression> expression);
  std::unique_ptr<Expression> expression_;
};

// The expression of a strftime format, as the AWS driver writes it. Conversions it does not know
// stay as they are.
std::string expression_of_datetime(std::string_view format);

}  // namespace drydock::logrouter
