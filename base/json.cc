#include "base/json.h"

#include <nlohmann/json.hpp>

#include "base/limits.h"

namespace drydock {
namespace {

// Builds the value and remembers the first error; refuses to nest too deeply.
class Builder : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(Json& root) : dom_(root, false) {}
  bool null() override { return dom_.null(); }
  bool boolean(bool v) override { return dom_.boolean(v); }
  bool number_integer(number_integer_t v) override { return dom_.number_integer(v); }
  bool number_unsigned(number_unsigned_t v) override { return dom_.number_unsigned(v); }
  bool number_float(number_float_t v, const string_t& s) override {
    return dom_.number_float(v, s);
  }
  bool string(string_t& v) override { return dom_.string(v); }
  bool binary(binary_t& v) override { return dom_.binary(v); }
  bool key(string_t& v) override { return dom_.key(v); }
  bool start_object(std::size_t n) override { return deeper() && dom_.start_object(n); }
  bool end_object() override {
    --depth_;
    return dom_.end_object();
  }
  bool start_array(std::size_t n) override { return deeper() && dom_.start_array(n); }
  bool end_array() override {
    --depth_;
    return dom_.end_array();
  }
  bool parse_error(std::size_t at, const std::string& token,
                   const nlohmann::detail::exception& e) override {
    position = at;
    last_token = token;
    message = e.what();
    return false;
  }

  std::size_t position = 0;
  std::string last_token;
  std::string message;

 private:
  bool deeper() {
    if (++depth_ <= limits::kJsonDepth) return true;
    message = "nested more than " + std::to_string(limits::kJsonDepth) + " levels deep";
    return false;
  }
  nlohmann::detail::json_sax_dom_parser<Json> dom_;
  int depth_ = 0;
};

}  // namespace

Result<Json> parse_json(std::string_view text) {
  Json value;
  Builder builder(value);
  if (Json::sax_parse(text, &builder)) return value;
  // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error ..." -> the
  // part that helps.
  std::string why = builder.message;
  if (auto at = why.find("at line "); at != std::string::npos) why = why.substr(at + 3);
  if (why.empty()) why = "not JSON";
  return fail(Errc::kInvalid, why);
}

std::string dump_json(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string pretty_json(const Json& value) {
  return value.dump(2, ' ', false, Json::error_handler_t::replace);
}

const Json* json_find(const Json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  auto it = object.find(std::string(key));
  return it == object.end() || it->is_null() ? nullptr : &*it;
}

std::string json_string(const Json& object, std::string_view key, std::string fallback) {
  const Json* member = json_find(object, key);
  return member && member->is_string() ? member->get<std::string>() : std::move(fallback);
}

long long json_int(const Json& object, std::string_view key, long long fallback) {
  const Json* member = json_find(object, key);
  return member && member->is_number_integer() ? member->get<long long>() : fallback;
}

bool json_bool(const Json& object, std::string_view key, bool fallback) {
  const Json* member = json_find(object, key);
  return member && member->is_boolean() ? member->get<bool>() : fallback;
}

}  // namespace drydock
