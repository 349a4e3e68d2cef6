#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "api/logs/logs_operation.h"

namespace drydock::api::logs {
namespace {

constexpr std::string_view kGroupName = "[\\.\\-_/#A-Za-z0-9]+";
constexpr std::string_view kStreamName = "[^:*]*";

class Complaints {
 public:
  void add(std::string_view member, const std::string& value, std::string_view must) {
    ++count_;
    text_ += (text_.empty() ? "" : "; ") + std::string("Value ") + value + "at '" +
             std::string(member) + "' failed to satisfy constraint: Member must " +
             std::string(must);
  }
  control::Answer<bool> result() const {
    if (count_ == 0) return true;
    return control::invalid_parameter(std::to_string(count_) + " validation error" +
                                      (count_ > 1 ? "s" : "") + " detected: " + text_);
  }

 private:
  int count_ = 0;
  std::string text_;
};

std::string quoted(const std::string& text) { return "'" + text.substr(0, 600) + "' "; }

bool group_name(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view(".-_/#").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

void check_name(Complaints& complaints, std::string_view member, const std::string& text, bool fits,
                std::string_view pattern) {
  if (text.empty())
    complaints.add(member, quoted(text), "have length greater than or equal to 1");
  else if (text.size() > 512)
    complaints.add(member, quoted(text), "have length less than or equal to 512");
  if (!fits)
    complaints.add(member, quoted(text),
                   "satisfy regular expression pattern: " + std::string(pattern));
}

void check_number(Complaints& complaints, const Json& input, const char* member, long long least,
                  long long most) {
  if (!json_find(input, member)) return;
  const long long n = json_int(input, member);
  if (n < least)
    complaints.add(member, quoted(std::to_string(n)),
                   "have value greater than or equal to " + std::to_string(least));
  if (n > most)
    complaints.add(member, quoted(std::to_string(n)),
                   "have value less than or equal to " + std::to_string(most));
}

void check_names(Complaints& complaints, const Json& input) {
  for (const char* member : {"logGroupName", "logGroupNamePrefix"})
    if (json_find(input, member)) {
      const std::string name = json_string(input, member);
      check_name(complaints, member, name, group_name(name), kGroupName);
    }
  for (const char* member : {"logStreamName", "logStreamNamePrefix"})
    if (json_find(input, member)) {
      const std::string name = json_string(input, member);
      check_name(complaints, member, name, name.find_first_of(":*") == name.npos, kStreamName);
    }
  if (const Json* events = json_find(input, "logEvents"); events && events->empty())
    complaints.add("logEvents", "'[]' ", "have length greater than or equal to 1");
  if (const Json* events = json_find(input, "logEvents"); events && events->size() > 10000)
    complaints.add("logEvents", "'[…]' ", "have length less than or equal to 10000");
  if (json_string(input, "filterPattern").size() > 1024)
    complaints.add("filterPattern", quoted(json_string(input, "filterPattern")),
                   "have length less than or equal to 1024");
  if (const Json* names = json_find(input, "logStreamNames"); names && names->size() > 100)
    complaints.add("logStreamNames", "'[…]' ", "have length less than or equal to 100");
}

}  // namespace

control::Answer<bool> constrained(const LogsOperation& operation, const Json& input) {
  Complaints complaints;
  std::string_view rest = operation.required;
  while (!rest.empty()) {
    const auto space = std::min(rest.find(' '), rest.size());
    const std::string_view member = rest.substr(0, space);
    rest.remove_prefix(std::min(space + 1, rest.size()));
    if (!json_find(input, member)) complaints.add(member, "", "not be null");
  }
  check_names(complaints, input);
  if (operation.most > 0) check_number(complaints, input, "limit", 1, operation.most);
  check_number(complaints, input, "startTime", 0, INT64_MAX);
  check_number(complaints, input, "endTime", 0, INT64_MAX);
  return complaints.result();
}

}  // namespace drydock::api::logs
