#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "taskdef/yaml/yaml.h"

namespace drydock::taskdef {
namespace {

// What ends the parser from inside of an event; it never leaves this file.
struct Refused {
  YAML::Mark mark;
  std::string what;
};

std::string place(const YAML::Mark& mark) {
  return "line " + std::to_string(mark.line + 1) + ", column " + std::to_string(mark.column + 1) +
         ": ";
}

struct Extent {
  std::size_t nodes = 0, bytes = 0;
  int depth = 0;
};

Extent extent_of(const Yaml& node) {
  Extent all{1, node.text.size(), 0};
  const auto add = [&all](const Yaml& child) {
    const Extent one = extent_of(child);
    all.nodes += one.nodes;
    all.bytes += one.bytes;
    all.depth = std::max(all.depth, one.depth);
  };
  for (const Yaml& item : node.items) add(item);
  for (const YamlMember& member : node.members) {
    add(member.value);
    all.bytes += member.key.size();
  }
  if (node.is_list() || node.is_map()) ++all.depth;
  return all;
}

// Builds the tree and counts what it costs, also what aliases would make of a small text.
class Builder : public YAML::EventHandler {
 public:
  explicit Builder(const YamlLimits& limits) : limits_(limits) {}

  Yaml take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1)
      throw Refused{mark, "a second document begins; only one may be in a file"};
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Yaml node;
    node.line = mark.line + 1;
    put(mark, std::move(node), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Refused{mark, "the alias stands inside of what it names"};
    const Extent extent = extent_of(found->second);
    count(mark, extent);
    if (static_cast<int>(open_.size()) + extent.depth > limits_.depth) too_deep(mark);
    put_counted(mark, found->second, 0);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Yaml node;
    node.line = mark.line + 1;
    node.kind = Yaml::Kind::kScalar;
    node.text = value;
    node.quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    node.tag = own_tag(tag);
    if (!node.quoted && node.tag.empty() && (value.empty() || value == "~" || value == "null"))
      node.kind = Yaml::Kind::kNull;
    put(mark, std::move(node), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, Yaml::Kind::kList, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, Yaml::Kind::kMap, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Yaml node;
    YAML::anchor_t anchor = 0;
    YAML::Mark mark;
    std::set<std::string> keys;
    std::string key;
    bool has_key = false;
    std::vector<Yaml> merged;  // the maps of <<
  };

  static std::string own_tag(const std::string& tag) {
    return tag == "?" || tag == "!" || tag.starts_with("tag:yaml.org,2002:") ? std::string() : tag;
  }

  [[noreturn]] void too_deep(const YAML::Mark& mark) const {
    throw Refused{mark, "more than " + std::to_string(limits_.depth) + " levels in one another"};
  }

  void count(const YAML::Mark& mark, const Extent& extent) {
    nodes_ += extent.nodes;
    bytes_ += extent.bytes;
    if (nodes_ > limits_.nodes || bytes_ > limits_.expanded)
      throw Refused{mark, "the document is too large, aliases counted as what they stand for (" +
                              std::to_string(limits_.nodes) + " values and " +
                              std::to_string(limits_.expanded) + " bytes are allowed)"};
  }

  void put(const YAML::Mark& mark, Yaml node, YAML::anchor_t anchor) {
    count(mark, {1, node.text.size(), 0});
    put_counted(mark, std::move(node), anchor);
  }

  void put_counted(const YAML::Mark& mark, Yaml node, YAML::anchor_t anchor) {
    if (anchor != 0) {
      count(mark, extent_of(node));  // the copy that is kept for aliases
      anchors_[anchor] = node;
    }
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.is_list()) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.has_key) {
      if (node.is_list() || node.is_map())
        throw Refused{mark, "a key must be a plain text, not a list or a map"};
      parent.key = node.text;
      parent.has_key = true;
      if (!(parent.key == "<<" && !node.quoted) && !parent.keys.insert(parent.key).second)
        throw Refused{mark, "the key \"" + parent.key + "\" is given twice"};
    } else {
      parent.has_key = false;
      if (parent.key == "<<" && !parent.keys.contains("<<"))
        merge(mark, parent, std::move(node));
      else
        parent.node.members.push_back({parent.key, std::move(node)});
    }
  }

  static void merge(const YAML::Mark& mark, Open& parent, Yaml node) {
    if (node.is_map()) {
      parent.merged.push_back(std::move(node));
      return;
    }
    for (Yaml& item : node.items) {
      if (!item.is_map()) throw Refused{mark, "<< must name maps"};
      parent.merged.push_back(std::move(item));
    }
    if (!node.is_list()) throw Refused{mark, "<< must name a map or a list of maps"};
  }

  void open(const YAML::Mark& mark, Yaml::Kind kind, const std::string& tag,
            YAML::anchor_t anchor) {
    if (static_cast<int>(open_.size()) >= limits_.depth) too_deep(mark);
    Open one;
    one.node.kind = kind;
    one.node.line = mark.line + 1;
    one.node.tag = own_tag(tag);
    one.anchor = anchor;
    one.mark = mark;
    open_.push_back(std::move(one));
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    for (Yaml& from : done.merged)
      for (YamlMember& member : from.members)
        if (done.keys.insert(member.key).second) done.node.members.push_back(std::move(member));
    put(done.mark, std::move(done.node), done.anchor);
  }

  YamlLimits limits_;
  Yaml root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Yaml> anchors_;
  std::size_t nodes_ = 0, bytes_ = 0;
  int documents_ = 0;
};

}  // namespace

const Yaml* Yaml::find(std::string_view key) const {
  for (const YamlMember& member : members)
    if (member.key == key) return &member.value;
  return nullptr;
}

Yaml* Yaml::find(std::string_view key) {
  return const_cast<Yaml*>(static_cast<const Yaml*>(this)->find(key));
}

Result<Yaml> read_yaml(std::string_view text, const YamlLimits& limits) {
  if (text.size() > limits.bytes)
    return fail(Errc::kInvalid, "the file has " + std::to_string(text.size()) + " bytes; at most " +
                                    std::to_string(limits.bytes) + " are allowed");
  Builder builder(limits);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refused& refused) {
    return fail(Errc::kInvalid, place(refused.mark) + refused.what);
  } catch (const YAML::Exception& e) {
    return fail(Errc::kInvalid, place(e.mark) + e.msg);
  }
  return builder.take();
}

}  // namespace drydock::taskdef
