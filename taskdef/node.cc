#include "taskdef/node.h"

#include <nlohmann/json.hpp>

namespace drydock::taskdef {

Node::Node(const Json& document) : value_(document.is_null() ? nullptr : &document) {}

Node Node::operator[](std::string_view key) const {
  const Json* member = value_ ? json_find(*value_, key) : nullptr;
  std::string path = path_;
  if (!path.empty()) path += '.';
  return {member, path.append(key)};
}

std::vector<Node> Node::items() const {
  std::vector<Node> out;
  if (!value_ || !value_->is_array()) return out;
  for (std::size_t i = 0; i < value_->size(); ++i) {
    const Json& element = (*value_)[i];
    if (!element.is_null()) out.push_back({&element, path_ + '[' + std::to_string(i) + ']'});
  }
  return out;
}

std::vector<std::string> Node::keys() const {
  std::vector<std::string> out;
  if (!value_ || !value_->is_object()) return out;
  for (const auto& [key, member] : value_->items()) out.push_back(key);
  return out;
}

std::vector<std::string> Node::texts() const {
  std::vector<std::string> out;
  for (const Node& item : items())
    if (item.value_->is_string()) out.push_back(item.text());
  return out;
}

std::string Node::text(std::string_view fallback) const {
  return value_ && value_->is_string() ? value_->get<std::string>() : std::string(fallback);
}

long long Node::number(long long fallback) const {
  return value_ && value_->is_number_integer() ? value_->get<long long>() : fallback;
}

bool Node::flag(bool fallback) const {
  return value_ && value_->is_boolean() ? value_->get<bool>() : fallback;
}

bool Node::filled() const {
  if (!value_) return false;
  if (value_->is_string()) return !value_->get_ref<const std::string&>().empty();
  if (value_->is_structured()) return !value_->empty();
  return true;
}

}  // namespace drydock::taskdef
