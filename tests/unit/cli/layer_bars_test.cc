#include "cli/layer_bars.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/archive_source.h"

namespace drydock::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(LayerLines, EachStepHasItsLine) {
  const std::vector<LayerState> layers = {{"sha256:0123456789abcdef", "here", 0, 5'000'000},
                                          {"sha256:1123456789abcdef", "downloading", 25, 100},
                                          {"sha256:2123456789abcdef", "waiting", 0, 0}};
  EXPECT_THAT(layer_lines(layers, 79, 20),
              ElementsAre("0123456789ab  already here  5.0 MB",
                          "1123456789ab  downloading   [======                  ]  25 B of 100 B",
                          "2123456789ab  waiting     "));
}

TEST(LayerLines, ANarrowTerminalHasNoBarAndNoLineIsTooLong) {
  const std::vector<LayerState> layers = {{"sha256:1123456789abcdef", "downloading", 25, 100}};
  EXPECT_THAT(layer_lines(layers, 45, 20),
              ElementsAre("1123456789ab  downloading   25 B of 100 B"));
  EXPECT_THAT(layer_lines(layers, 12, 20), ElementsAre("1123456789a…"));
}

TEST(LayerLines, MoreLayersThanLinesAreCounted) {
  std::vector<LayerState> layers(60, {"sha256:ff", "done", 1, 1});
  for (std::size_t i = 50; i < 60; ++i) layers[i].step = "unpacking";
  const auto lines = layer_lines(layers, 79, 5);
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines.back(), "50 of 60 layers done");
}

TEST(LayerLines, MoreBytesThanToldFillTheBarAndNoMore) {
  EXPECT_THAT(layer_lines({{"sha256:ff", "unpacking", 200, 100}}, 79, 5).front(),
              HasSubstr("[========================]"));
}

TEST(LayerLines, NonsenseFromTheDaemonIsNoCrash) {
  EXPECT_TRUE(layers_of(Json{{"layers", 3}}).empty());
  EXPECT_EQ(layers_of(Json{{"layers", {{{"bytes", -5}}}}}).front().bytes, 0u);
}

TEST(IndexOfTag, KeepsTheNamedImageAndNamesTheOthersWhenItIsMissing) {
  const std::string index = R"({"schemaVersion":2,"manifests":[
    {"digest":"a","annotations":{"org.opencontainers.image.ref.name":"one"}},
    {"digest":"b","annotations":{"org.opencontainers.image.ref.name":"two"}},{"digest":"c"}]})";
  const auto one = index_of_tag(index, "two");
  ASSERT_TRUE(one);
  EXPECT_THAT(*one, HasSubstr(R"("digest":"b")"));
  EXPECT_THAT(*one, ::testing::Not(HasSubstr(R"("digest":"a")")));
  EXPECT_THAT(index_of_tag(index, "three").error().message, HasSubstr("there are: one, two"));
  EXPECT_FALSE(index_of_tag("[]", "one"));
  EXPECT_FALSE(index_of_tag("oops", "one"));
}

}  // namespace
}  // namespace drydock::cli
