#include "base/frames.h"

#include <gtest/gtest.h>

namespace drydock::frames {
namespace {

TEST(Frames, ComeOutAsTheyWentInHoweverTheyAreCut) {
  std::string all = text_of(Kind::kInput, std::string("a\0\xff", 3)) + text_of(Kind::kInputEnd) +
                    texts_of(Kind::kOutput, std::string(kLongestPayload + 7, 'x'));
  for (const std::size_t step : {std::size_t{1}, std::size_t{5}, std::size_t{4096}, all.size()}) {
    Reader reader;
    std::vector<Frame> seen;
    for (std::size_t at = 0; at < all.size(); at += step) {
      reader.feed(std::string_view(all).substr(at, step));
      while (auto frame = reader.next()) seen.push_back(std::move(*frame));
    }
    ASSERT_EQ(seen.size(), 4u) << step;
    EXPECT_EQ(seen[0], (Frame{Kind::kInput, std::string("a\0\xff", 3)}));
    EXPECT_EQ(seen[1], (Frame{Kind::kInputEnd, ""}));
    EXPECT_EQ(seen[2].payload.size(), kLongestPayload);
    EXPECT_EQ(seen[3].payload, "xxxxxxx");
    EXPECT_FALSE(reader.damaged());
  }
}

TEST(Frames, AnUnknownKindOrALongLengthIsDamage) {
  for (const std::string& bytes : {std::string("q\0\0\0\0", 5), std::string("i\0\1\0\1", 5),
                                   std::string("i\xff\xff\xff\xff", 5)}) {
    Reader reader;
    reader.feed(bytes);
    EXPECT_FALSE(reader.next());
    EXPECT_TRUE(reader.damaged());
    reader.feed(text_of(Kind::kInputEnd));
    EXPECT_FALSE(reader.next());
  }
}

TEST(Frames, SizesTakeFourBytes) {
  Reader reader;
  reader.feed(resize({300, 80}));
  EXPECT_EQ(size_of(reader.next()->payload), (Size{300, 80}));
  EXPECT_FALSE(size_of("123"));
}

}  // namespace
}  // namespace drydock::frames
