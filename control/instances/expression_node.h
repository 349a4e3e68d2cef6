#pragma once
#include <memory>
#include <string>
#include <vector>

namespace re2 {
class RE2;
}  // namespace re2

namespace drydock::control::instances {

// What an expression is made of; between the parser and the evaluation.
struct Test {
  enum class Kind {
    kAnd,
    kOr,
    kNot,
    kEqual,
    kGreater,
    kGreaterEqual,
    kLess,
    kLessEqual,
    kExists,
    kIn,
    kMatches
  };
  Kind kind = Kind::kExists;
  std::vector<std::shared_ptr<const Test>> parts;  // of kAnd, kOr, kNot
  std::string subject;
  std::vector<std::string> arguments;
  std::shared_ptr<const re2::RE2> pattern;  // of kMatches
};

}  // namespace drydock::control::instances
