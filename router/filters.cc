#include "router/filters.h"

#include <strings.h>

#include <nlohmann/json.hpp>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace drydock::router {
namespace {

// A pattern takes at most so many steps and so much memory on one line.
constexpr std::uint32_t kSteps = 1000000;
constexpr std::uint32_t kHeapKib = 8192;

struct FreeCode {
  void operator()(pcre2_code* code) const { ::pcre2_code_free(code); }
};
struct FreeMatch {
  void operator()(pcre2_match_data* match) const { ::pcre2_match_data_free(match); }
};
struct FreeContext {
  void operator()(pcre2_match_context* context) const { ::pcre2_match_context_free(context); }
};

class Pattern {
 public:
  static Result<Pattern> make(const std::string& text) {
    int code = 0;
    PCRE2_SIZE at = 0;
    Pattern pattern;
    pattern.code_.reset(::pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0,
                                        &code, &at, nullptr));
    if (!pattern.code_) {
      char why[256];
      ::pcre2_get_error_message(code, reinterpret_cast<PCRE2_UCHAR*>(why), sizeof why);
      return fail(Errc::kInvalid, "the pattern \"" + text.substr(0, 200) +
                                      "\" is wrong at character " + std::to_string(at) + ": " +
                                      why);
    }
    pattern.match_.reset(::pcre2_match_data_create(1, nullptr));
    pattern.context_.reset(::pcre2_match_context_create(nullptr));
    ::pcre2_set_match_limit(pattern.context_.get(), kSteps);
    ::pcre2_set_heap_limit(pattern.context_.get(), kHeapKib);
    return pattern;
  }
  bool matches(const std::string& text) const {
    return ::pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0, 0,
                         match_.get(), context_.get()) >= 0;
  }

 private:
  std::unique_ptr<pcre2_code, FreeCode> code_;
  std::unique_ptr<pcre2_match_data, FreeMatch> match_;
  std::unique_ptr<pcre2_match_context, FreeContext> context_;
};

struct Rule {
  bool include;
  std::string key;
  Pattern pattern;
};

class Grep final : public Filter {
 public:
  explicit Grep(std::vector<Rule> rules) : rules_(std::move(rules)) {}
  bool pass(Json& record) const override {
    for (const Rule& rule : rules_) {
      const Json* value = json_find(record, rule.key);
      const bool found =
          value &&
          rule.pattern.matches(value->is_string() ? value->get<std::string>() : dump_json(*value));
      if (found != rule.include) return false;
    }
    return true;
  }

 private:
  std::vector<Rule> rules_;
};

class AddMembers final : public Filter {
 public:
  explicit AddMembers(std::vector<std::pair<std::string, std::string>> members)
      : members_(std::move(members)) {}
  bool pass(Json& record) const override {
    for (const auto& [name, value] : members_) record[name] = value;
    return true;
  }

 private:
  std::vector<std::pair<std::string, std::string>> members_;
};

bool is(const std::string& a, const char* b) { return ::strcasecmp(a.c_str(), b) == 0; }

// "log ^healthz": the first word, and the rest.
std::pair<std::string, std::string> two(const std::string& text) {
  const auto space = text.find_first_of(" \t");
  if (space == std::string::npos) return {text, ""};
  const auto rest = text.find_first_not_of(" \t", space);
  return {text.substr(0, space), rest == std::string::npos ? "" : text.substr(rest)};
}

}  // namespace

Result<std::unique_ptr<Filter>> make_filter(const logrouter::RouterSection& section) {
  const std::string name = section.get("Name");
  std::vector<Rule> rules;
  std::vector<std::pair<std::string, std::string>> members;
  for (const auto& [key, value] : section.properties) {
    if (is(key, "Name") || is(key, "Match")) continue;
    auto [first, rest] = two(value);
    if (is(name, "grep") && (is(key, "Regex") || is(key, "Exclude"))) {
      DRYDOCK_LET(auto pattern, Pattern::make(rest));
      rules.push_back({is(key, "Regex"), std::move(first), std::move(pattern)});
    } else if (is(name, "record_modifier") && is(key, "Record")) {
      members.emplace_back(std::move(first), std::move(rest));
    } else {
      return fail(Errc::kInvalid, "filter " + name + " with " + key + " is not known here");
    }
  }
  if (is(name, "grep")) return std::make_unique<Grep>(std::move(rules));
  if (is(name, "record_modifier")) return std::make_unique<AddMembers>(std::move(members));
  return fail(Errc::kInvalid, "filter " + name + " is not known here");
}

}  // namespace drydock::router
