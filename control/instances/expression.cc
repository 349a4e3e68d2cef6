#include "control/instances/expression.h"

#include <re2/re2.h>

#include <algorithm>
#include <cctype>

#include "control/instances/expression_node.h"

namespace drydock::control::instances {
namespace {

using Kind = Test::Kind;
using Node = std::shared_ptr<const Test>;

constexpr std::size_t kLongest = 2000;
constexpr int kDeepest = 32;

struct Operator {
  std::string_view text;
  Kind kind;
  bool negated;
};
// Longer ones before those that begin like them.
constexpr Operator kSigns[] = {{"==", Kind::kEqual, false},        {"!=", Kind::kEqual, true},
                               {">=", Kind::kGreaterEqual, false}, {"<=", Kind::kLessEqual, false},
                               {"=~", Kind::kMatches, false},      {"!~", Kind::kMatches, true},
                               {">", Kind::kGreater, false},       {"<", Kind::kLess, false}};
constexpr Operator kWords[] = {{"equals", Kind::kEqual, false},
                               {"not_equals", Kind::kEqual, true},
                               {"greater_than", Kind::kGreater, false},
                               {"greater_than_equal", Kind::kGreaterEqual, false},
                               {"less_than", Kind::kLess, false},
                               {"less_than_equal", Kind::kLessEqual, false},
                               {"exists", Kind::kExists, false},
                               {"not_exists", Kind::kExists, true},
                               {"!exists", Kind::kExists, true},
                               {"in", Kind::kIn, false},
                               {"not_in", Kind::kIn, true},
                               {"!in", Kind::kIn, true},
                               {"matches", Kind::kMatches, false},
                               {"not_matches", Kind::kMatches, true}};
constexpr std::string_view kFields[] = {"agentConnected", "agentVersion",      "ec2InstanceId",
                                        "registeredAt",   "runningTasksCount", "task:group"};

bool of_word(char c) {
  return !std::isspace(static_cast<unsigned char>(c)) &&
         std::string_view("()[],'\"=!<>&|~").find(c) == std::string_view::npos;
}

Node negated(Node node) {
  auto made = std::make_shared<Test>();
  made->kind = Kind::kNot;
  made->parts = {std::move(node)};
  return made;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Node> all() {
    DRYDOCK_LET(Node root, either(0));
    skip();
    if (at_ < text_.size()) return wrong("what follows is no operator");
    return root;
  }

 private:
  tl::unexpected<Error> wrong(const std::string& why) const {
    return fail(Errc::kInvalid, why + ", at character " + std::to_string(at_ + 1));
  }

  void skip() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }

  bool take(std::string_view sign) {
    skip();
    if (text_.substr(at_, sign.size()) != sign) return false;
    at_ += sign.size();
    return true;
  }

  // A word stands alone: "order" does not begin with "or".
  bool take_word(std::string_view word) {
    skip();
    const std::size_t end = at_ + word.size();
    if (text_.substr(at_, word.size()) != word || (end < text_.size() && of_word(text_[end])))
      return false;
    at_ = end;
    return true;
  }

  Result<Node> either(int depth) { return joined(depth, Kind::kOr, "or", "||", &Parser::both); }
  Result<Node> both(int depth) { return joined(depth, Kind::kAnd, "and", "&&", &Parser::one); }

  Result<Node> joined(int depth, Kind kind, std::string_view word, std::string_view sign,
                      Result<Node> (Parser::*part)(int)) {
    auto all = std::make_shared<Test>();
    all->kind = kind;
    do {
      DRYDOCK_LET(Node next, (this->*part)(depth));
      all->parts.push_back(std::move(next));
    } while (take_word(word) || take(sign));
    return all->parts.size() == 1 ? all->parts.front() : Node(std::move(all));
  }

  Result<Node> one(int depth) {
    if (depth > kDeepest) return wrong("it is nested too deeply");
    if (take_word("not") || take("!")) {
      DRYDOCK_LET(Node node, one(depth + 1));
      return negated(std::move(node));
    }
    if (!take("(")) return test();
    DRYDOCK_LET(Node node, either(depth + 1));
    if (!take(")")) return wrong("a ) is missing");
    return node;
  }

  std::string word() {
    skip();
    const std::size_t from = at_;
    while (at_ < text_.size() && of_word(text_[at_])) ++at_;
    return std::string(text_.substr(from, at_ - from));
  }

  Result<Node> test() {
    const std::size_t from = at_;
    auto made = std::make_shared<Test>();
    made->subject = word();
    const bool attribute = made->subject.starts_with("attribute:") && made->subject.size() > 10;
    if (!attribute && std::ranges::find(kFields, made->subject) == std::end(kFields)) {
      at_ = from;
      skip();
      return wrong(made->subject.empty() ? "a subject like attribute:NAME is missing"
                                         : "there is no subject " + made->subject);
    }
    const Operator* op = find_operator();
    if (!op) return wrong("an operator like == is missing");
    made->kind = op->kind;
    DRYDOCK_TRY(read_arguments(*made));
    return op->negated ? negated(std::move(made)) : Node(std::move(made));
  }

  const Operator* find_operator() {
    for (const Operator& op : kWords)
      if (take_word(op.text)) return &op;
    for (const Operator& op : kSigns)
      if (take(op.text)) return &op;
    return nullptr;
  }

  Status read_arguments(Test& made) {
    if (made.kind == Kind::kExists) return {};
    if (made.kind == Kind::kIn) return read_list(made.arguments);
    DRYDOCK_LET(std::string argument, this->argument(made.kind == Kind::kMatches));
    if (made.kind == Kind::kMatches) {
      auto pattern = std::make_shared<const re2::RE2>(argument, re2::RE2::Quiet);
      if (!pattern->ok()) return wrong("the regular expression is invalid: " + pattern->error());
      made.pattern = std::move(pattern);
    }
    made.arguments.push_back(std::move(argument));
    return {};
  }

  Status read_list(std::vector<std::string>& list) {
    if (!take("[")) return wrong("a list like [a, b] is missing");
    do {
      DRYDOCK_LET(std::string argument, this->argument(false));
      list.push_back(std::move(argument));
    } while (take(","));
    if (!take("]")) return wrong("a ] is missing");
    return {};
  }

  Result<std::string> argument(bool pattern) {
    skip();
    if (at_ >= text_.size()) return wrong("a value is missing");
    if (const char quote = text_[at_]; quote == '\'' || quote == '"') {
      const std::size_t end = text_.find(quote, at_ + 1);
      if (end == std::string_view::npos) return wrong("a closing quote is missing");
      std::string inside(text_.substr(at_ + 1, end - at_ - 1));
      at_ = end + 1;
      return inside;
    }
    std::string value = pattern ? bare_pattern() : word();
    if (value.empty()) return wrong("a value is missing");
    return value;
  }

  // Up to white space, or a ) that closes what was open before it.
  std::string bare_pattern() {
    const std::size_t from = at_;
    int open = 0;
    for (; at_ < text_.size() && !std::isspace(static_cast<unsigned char>(text_[at_])); ++at_) {
      if (text_[at_] == '(') ++open;
      if (text_[at_] == ')' && --open < 0) break;
    }
    return std::string(text_.substr(from, at_ - from));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<Expression> Expression::parse(std::string_view text) {
  if (text.size() > kLongest)
    return fail(Errc::kInvalid, "it has more than " + std::to_string(kLongest) + " characters");
  Expression made;
  DRYDOCK_LET(made.root_, Parser(text).all());
  return made;
}

}  // namespace drydock::control::instances
