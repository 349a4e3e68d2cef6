#include "logrouter/builtin/forward_decoder.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <nlohmann/json.hpp>

namespace drydock::logrouter {
namespace {

std::string pack(const Json& value) {
  const auto bytes = Json::to_msgpack(value);
  return {bytes.begin(), bytes.end()};
}

std::string hex(std::string_view digits) {
  std::string out;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  return out;
}

Result<std::optional<ForwardMessage>> decoded(std::string_view bytes) {
  ForwardDecoder decoder;
  decoder.feed(bytes);
  return decoder.next();
}

Json binary(const std::string& bytes) {
  return Json::binary(std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
}

TEST(ForwardDecoder, ReadsTheReferencesMessage) {
  const std::string message = hex(
      "94b17765622d666972656c656e732d35663063d70069a3f5881dcd650184ac636f6e7461696e65725f6964a7"
      "356630632d3137ae636f6e7461696e65725f6e616d65a3776562a6736f75726365a67374646f7574a36c6f67a2"
      "686980");
  const auto read = decoded(message);
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->tag, "web-firelens-5f0c");
  ASSERT_EQ((*read)->records.size(), 1u);
  EXPECT_EQ(rfc3339_nano((*read)->times[0]), "2026-03-01T08:15:04.500000001Z");
  EXPECT_EQ(json_string((*read)->records[0], "log"), "hi");
  EXPECT_EQ((*read)->chunk, "");
}

TEST(ForwardDecoder, WaitsForTheRestAndReadsOneMessageAfterTheOther) {
  const std::string one = pack({"t", 5, {{"log", "a"}}}), two = pack({"t", 6, {{"log", "b"}}});
  const std::string both = one + two;
  for (std::size_t cut = 0; cut <= both.size(); ++cut) {
    ForwardDecoder decoder;
    std::string logs;
    for (const auto& part : {both.substr(0, cut), both.substr(cut)}) {
      decoder.feed(part);
      for (auto m = decoder.next(); m && *m; m = decoder.next())
        logs += json_string((*m)->records[0], "log");
    }
    EXPECT_EQ(logs, "ab") << cut;
  }
}

TEST(ForwardDecoder, ReadsListsPackedAndCompressedEntriesAndTheirChunk) {
  const Json a = {7, {{"log", "a"}}}, b = {8, {{"log", "b"}}};
  const std::string entries = pack(a) + pack(b);
  std::string gzip(200, '\0');
  z_stream stream{};
  ASSERT_EQ(::deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string input = entries;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(gzip.data());
  stream.avail_out = static_cast<uInt>(gzip.size());
  ASSERT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  gzip.resize(gzip.size() - stream.avail_out);
  ::deflateEnd(&stream);
  for (const Json& message :
       {Json{"t", Json::array({a, b}), {{"chunk", "c1"}}},
        Json{"t", binary(entries), {{"chunk", binary("c1")}}},
        Json{"t", binary(gzip), {{"compressed", "gzip"}, {"chunk", "c1"}}},
        Json{"t", Json::array({Json{Json{7, Json::object()}, a[1]}, b}), {{"chunk", "c1"}}}}) {
    const auto read = decoded(pack(message));
    ASSERT_TRUE(read && *read) << message.dump();
    ASSERT_EQ((*read)->records.size(), 2u);
    EXPECT_EQ((*read)->times[0], Time(std::chrono::seconds(7)));
    EXPECT_EQ(json_string((*read)->records[1], "log"), "b");
    EXPECT_EQ((*read)->chunk, "c1");
  }
}

TEST(ForwardDecoder, BinaryTextsOfARecordBecomeTexts) {
  const auto read = decoded(pack({"t", 5, {{"log", binary("x")}, {"in", {binary("y")}}}}));
  ASSERT_TRUE(read && *read);
  EXPECT_EQ(dump_json((*read)->records[0]), R"({"log":"x","in":["y"]})");
}

TEST(ForwardDecoder, NonsenseIsRefused) {
  for (const std::string& bytes :
       {hex("c1"), pack("GET / HTTP/1.1"), pack({1, 2, 3}), pack({"t", "cut off\x93"}),
        pack({"t", 5, "no map"}), pack({"t", Json::array({1, 2})}), pack({"t", 5}),
        pack({std::string(2000, 't'), 5, Json::object()}),
        pack({"t", binary("x"), {{"compressed", "zstd"}}}),
        pack({"t", binary("x"), {{"compressed", "gzip"}}}), pack({"t", -5, Json::object()}),
        std::string(100, '\x91') + "\xc0"}) {
    EXPECT_FALSE(decoded(bytes)) << bytes.substr(0, 20);
  }
}

TEST(ForwardDecoder, WhatAnnouncesMoreThanItMaySendIsRefusedBeforeItIsKept) {
  ForwardDecoder decoder;
  decoder.feed(hex("93a174c6ffffffff"));
  const auto first = decoder.next();
  ASSERT_TRUE(first);
  EXPECT_FALSE(*first);
  decoder.feed(std::string(kLongestForwardMessage, 'x'));
  EXPECT_FALSE(decoder.next());
}

TEST(ForwardDecoder, AcknowledgesAChunk) {
  EXPECT_EQ(forward_ack("abc"), hex("81a361636ba3616263"));
}

}  // namespace
}  // namespace drydock::logrouter
