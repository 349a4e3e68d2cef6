#include "logrouter/line_start.h"

#include <re2/re2.h>

namespace drydock::logrouter {
namespace {

constexpr std::int64_t kExpressionMemory = 8 << 20;

std::string_view expression_of(char conversion) {
  switch (conversion) {
    case 'a':
      return "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)";
    case 'A':
      return "(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)";
    case 'w':
      return "[0-6]";
    case 'd':
      return "(?:0[1-9]|[1,2][0-9]|3[0,1])";
    case 'b':
      return "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)";
    case 'B':
      return "(?:January|February|March|April|May|June|July|August|September|October|November|"
             "December)";
    case 'm':
      return "(?:0[1-9]|1[0-2])";
    case 'Y':
      return "\\d{4}";
    case 'y':
      return "\\d{2}";
    case 'H':
      return "(?:[0,1][0-9]|2[0-3])";
    case 'I':
      return "(?:0[0-9]|1[0-2])";
    case 'p':
      return "[A,P]M";
    case 'M':
    case 'S':
      return "[0-5][0-9]";
    case 'f':
      return "\\d{6}";
    case 'z':
      return "[+-]\\d{4}";
    case 'Z':
      return "[A-Z]{1,4}T";
    case 'j':
      return "(?:0[0-9][1-9]|[1,2][0-9][0-9]|3[0-5][0-9]|36[0-6])";
    case 'L':
      return "\\.\\d{3}";
    default:
      return {};
  }
}

}  // namespace

struct LineStart::Expression {
  RE2 re;
};

LineStart::LineStart(std::unique_ptr<Expression> expression) : expression_(std::move(expression)) {}
LineStart::~LineStart() = default;

Result<std::shared_ptr<const LineStart>> LineStart::of_pattern(const std::string& expression) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kExpressionMemory);
  // A container's bytes need not be UTF-8.
  options.set_encoding(RE2::Options::EncodingLatin1);
  std::unique_ptr<Expression> made(new Expression{RE2(expression, options)});
  if (!made->re.ok())
    return fail(Errc::kInvalid, "awslogs could not parse multiline pattern key \"" +
                                    expression.substr(0, 200) + "\": " + made->re.error());
  return std::shared_ptr<const LineStart>(new LineStart(std::move(made)));
}

Result<std::shared_ptr<const LineStart>> LineStart::of_datetime(const std::string& format) {
  return of_pattern(expression_of_datetime(format));
}

bool LineStart::begins_event(std::string_view line) const {
  return RE2::PartialMatch(re2::StringPiece(line.data(), line.size()), expression_->re);
}

std::string expression_of_datetime(std::string_view format) {
  std::string out;
  for (std::size_t i = 0; i < format.size(); ++i) {
    const std::string_view known =
        format[i] == '%' && i + 1 < format.size() ? expression_of(format[i + 1]) : "";
    if (known.empty()) {
      out += format[i];
    } else {
      out += known;
      ++i;
    }
  }
  return out;
}

}  // namespace drydock::logrouter
