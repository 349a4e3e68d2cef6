#pragma once
#include <fcntl.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "logrouter/journal.h"
#include "logrouter/reader.h"

namespace drydock::logrouter {

inline const Time kStart = parse_rfc3339("2026-03-01T08:15:04.000000001Z").value();

// A folder with a journal in it.
class Journal : public ::testing::Test {
 protected:
  Journal() {
    std::string name = "/tmp/drydock-journal.XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~Journal() override { EXPECT_TRUE(remove_tree(folder_)); }

  JournalWriter writer(JournalOptions options = {}) {
    return JournalWriter::open(folder_, options).value();
  }
  std::vector<Entry> read(const ReadOptions& options = {}) {
    auto reader = JournalReader::open(folder_, options).value();
    return rest(reader);
  }
  static std::vector<Entry> rest(JournalReader& reader) {
    std::vector<Entry> all;
    while (auto e = reader.next()) all.push_back(std::move(*e));
    return all;
  }
  static std::string texts(const std::vector<Entry>& entries) {
    std::string all;
    for (const auto& e : entries) {
      if (e.stream == Stream::kGap) all += "[" + std::to_string(e.dropped) + "]";
      if (e.stream != Stream::kGap) all += e.text;
      all += e.partial ? "~" : "|";
    }
    return all;
  }
  std::string last_segment() { return folder_ + "/" + segment_name(segments(folder_).back()); }
  void add_raw(const std::string& bytes) {
    UniqueFd fd(::open(last_segment().c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    ASSERT_TRUE(write_all(fd.get(), bytes));
  }
  // "n lines each a flush", stamped a second apart.
  static void write_lines(JournalWriter& w, int from, int to, std::size_t width = 10) {
    for (int i = from; i < to; ++i) {
      std::string line = std::to_string(i);
      line.resize(width, '.');
      w.append(Stream::kStdout, kStart + i * std::chrono::seconds(1), line + "\n");
      w.flush(kStart + i * std::chrono::seconds(1));
    }
  }

  std::string folder_;
};

}  // namespace drydock::logrouter
