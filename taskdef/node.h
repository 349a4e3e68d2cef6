#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace drydock::taskdef {

// A place in a document together with its JSON path. Absent and null are the same: a false node,
// whose members are false nodes too. Reading a node as another type than it has gives the fallback.
// The document must outlive it.
class Node {
 public:
  explicit Node(const Json& document);

  explicit operator bool() const { return value_ != nullptr; }
  // The member `key`; a false node when this is no object or lacks it.
  Node operator[](std::string_view key) const;
  // The elements of a list, nulls left out; empty for anything else.
  std::vector<Node> items() const;
  // The member names of an object, in order.
  std::vector<std::string> keys() const;
  // The value of each string in a list.
  std::vector<std::string> texts() const;

  std::string text(std::string_view fallback = {}) const;
  long long number(long long fallback = 0) const;
  bool flag(bool fallback = false) const;
  // Present and not "", [] or {}.
  bool filled() const;

  const std::string& path() const { return path_; }
  const Json* value() const { return value_; }

 private:
  Node(const Json* value, std::string path) : value_(value), path_(std::move(path)) {}
  const Json* value_ = nullptr;
  std::string path_;
};

}  // namespace drydock::taskdef
