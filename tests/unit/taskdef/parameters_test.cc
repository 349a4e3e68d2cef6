// The tables of parameters in docs/compatibility.md against what the code knows.
#include <algorithm>
#include <map>
#include <set>

#include "base/files.h"
#include "taskdef/approximations.h"
#include "taskdef/shapes.h"
#include "tests/unit/taskdef/documents.h"

namespace drydock::taskdef {
namespace {

// Where the rows of a heading lie in the document.
constexpr std::pair<std::string_view, std::string_view> kTables[] = {
    {"### Of the task", ""},
    {"### Of a container", "containerDefinitions[]."},
    {"### Of a volume", "volumes[]."}};
constexpr std::string_view kWords[] = {"works", "approximated", "stored only", "refused"};

std::string without_brackets(std::string path) {
  for (std::size_t at = path.find("[]"); at != path.npos; at = path.find("[]")) path.erase(at, 2);
  return path;
}

// Path -> word, "containerDefinitions.cpu" -> "works".
std::map<std::string, std::string> documented() {
  std::map<std::string, std::string> rows;
  const auto text = read_file(std::string(DRYDOCK_GOLDEN_DIR) + "/../../docs/compatibility.md");
  if (!text) return rows;
  std::string prefix = "none";
  std::size_t at = 0;
  while (at < text->size()) {
    const std::size_t end = std::min(text->find('\n', at), text->size());
    const std::string line = text->substr(at, end - at);
    at = end + 1;
    if (line.starts_with("#")) {
      prefix = "none";
      for (const auto& [heading, below] : kTables)
        if (line == heading) prefix = below;
    }
    if (prefix == "none" || !line.starts_with("| `")) continue;
    const std::size_t bar = line.find(" | ", 2);
    const std::string word = line.substr(bar + 3, line.find(" |", bar + 3) - bar - 3);
    const std::string names = line.substr(2, bar - 2);  // "`a`, `b`"
    for (std::size_t open = names.find('`'); open != names.npos;) {
      const std::size_t close = names.find('`', open + 1);
      const std::string path = without_brackets(prefix + names.substr(open + 1, close - open - 1));
      EXPECT_TRUE(rows.emplace(path, word).second) << path << " has two rows";
      open = names.find('`', close + 1);
    }
  }
  return rows;
}

void add_members(const Shape& shape, const std::string& prefix, std::set<std::string>& leaves,
                 std::set<std::string>& all) {
  for (const Member& member : shape.members) {
    const std::string path = prefix + std::string(member.name);
    all.insert(path);
    if (member.shape)
      add_members(*member.shape, path + ".", leaves, all);
    else
      leaves.insert(path);
  }
}

// The row of a path: its own, or of what it is a part of.
std::string row_of(std::string path, const std::map<std::string, std::string>& rows) {
  while (!rows.count(path)) {
    const std::size_t dot = path.rfind('.');
    if (dot == path.npos) return {};
    path.resize(dot);
  }
  return path;
}

TEST(Parameters, EachHasARowInTheDocument) {
  const auto rows = documented();
  ASSERT_FALSE(rows.empty());
  std::set<std::string> leaves, all;
  add_members(request_shape(), "", leaves, all);
  for (const std::string& path : leaves)
    EXPECT_NE(row_of(path, rows), "") << path << " has no row in docs/compatibility.md, Parameters";
  for (const auto& [path, word] : rows) {
    EXPECT_TRUE(all.count(path)) << path << ": a row of docs/compatibility.md for no parameter";
    EXPECT_NE(std::find(std::begin(kWords), std::end(kWords), word), std::end(kWords))
        << path << " is \"" << word << "\"";
  }
}

TEST(Parameters, TheDocumentAndValidateSayTheSame) {
  const auto rows = documented();
  std::set<std::string> told;
  for (const std::string_view path : approximated_paths()) {
    const std::string row = row_of(without_brackets(std::string(path)), rows);
    told.insert(row);
    EXPECT_NE(rows.count(row) ? rows.at(row) : "", "works")
        << path << " has a row in approximations.cc, and works in docs/compatibility.md";
  }
  for (const auto& [path, word] : rows)
    EXPECT_TRUE(word == "works" || told.count(path))
        << path << " is " << word
        << " in docs/compatibility.md, and approximations.cc says nothing";
}

}  // namespace
}  // namespace drydock::taskdef
