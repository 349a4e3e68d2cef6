#include "logrouter/firelens/forward.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "logrouter/firelens/message_pack.h"

namespace drydock::logrouter {
namespace {

LogSource source() {
  LogSource s;
  s.task_id = "5f0c";
  s.container = "web";
  s.runtime_id = "5f0c-17";
  return s;
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    char text[4];
    std::snprintf(text, sizeof text, "%02x", static_cast<unsigned char>(c));
    out += text;
  }
  return out;
}

Entry line(std::string text, Stream stream = Stream::kStdout) {
  Entry e;
  e.time = parse_rfc3339("2026-03-01T08:15:04.500000001Z").value();
  e.stream = stream;
  e.text = std::move(text);
  return e;
}

TEST(Forward, ARecordHasTheBytesOfTheReference) {
  Batch batch;
  batch.entries = {line("hi")};
  const std::string got = ForwardEncoder(source()).message(batch, "");
  // The reference's vector without its message around it: [time, record], packed.
  const std::string entry =
      "d70069a3f5881dcd650184ac636f6e7461696e65725f6964a7"
      "356630632d3137ae636f6e7461696e65725f6e616d65a3776562a6736f75726365a67374646f7574a36c6f67a268"
      "69";
  EXPECT_EQ(hex(got), "93b17765622d666972656c656e732d35663063c44992" + entry + "81a473697a6501");
}

TEST(Forward, AChunkIsAskedToBeAcknowledged) {
  Batch batch;
  batch.entries = {line("a"), line("b", Stream::kStderr)};
  const std::string got = ForwardEncoder(source()).message(batch, "id");
  EXPECT_EQ(hex(got).substr(hex(got).size() - 32), "82a473697a6502a56368756e6ba26964");
}

TEST(Forward, GapsAreNoRecords) {
  Batch batch;
  batch.entries = {line("3 lines are missing here", Stream::kGap)};
  EXPECT_EQ(ForwardEncoder(source()).message(batch, "id"), "");
}

TEST(Forward, ALongLineIsCutIntoPiecesThatTellTheirOrder) {
  ForwardEncoder encoder(source());
  Batch batch;
  batch.entries = {line(std::string(limits::kLogLine, 'x'))};
  EXPECT_EQ(encoder.message(batch, "").find("partial"), std::string::npos);
  batch.entries = {line(std::string(2 * limits::kLogLine + 1, 'x'))};
  const std::string got = encoder.message(batch, "");
  std::size_t pieces = 0;
  for (std::size_t at = 0; (at = got.find("partial_ordinal", at)) != std::string::npos; ++at)
    ++pieces;
  EXPECT_EQ(pieces, 3u);
  EXPECT_NE(got.find("\xac"
                     "partial_last\xa4"
                     "true"),
            std::string::npos);
  EXPECT_EQ(encoder.message(batch, ""), got);  // the same ids when it is sent again
}

TEST(Forward, ALineInSeveralEntriesKeepsItsId) {
  ForwardEncoder encoder(source());
  Batch first, second;
  first.entries = {line("begin")};
  first.entries[0].partial = true;
  second.entries = {line("end"), line("other")};
  second.entries[0].offset = 77;
  const std::string a = encoder.message(first, "");
  const std::string b = encoder.message(second, "");
  const auto id = [](const std::string& m) { return m.substr(m.find("partial_id") + 12, 64); };
  EXPECT_EQ(id(a), id(b));
  EXPECT_NE(b.find("partial_ordinal\xa1"
                   "2"),
            std::string::npos);
  EXPECT_NE(a.find("\xa5"
                   "false"),
            std::string::npos);
  EXPECT_EQ(b.find("partial_id"), b.rfind("partial_id"));  // not the line after it
}

TEST(MessagePack, AnAcknowledgementIsReadWholeOrNotAtAll) {
  const std::string ack = std::string("\x81\xa3", 2) + "ack\xa4" + "abcd";
  for (std::size_t i = 0; i < ack.size(); ++i) EXPECT_FALSE(msgpack::read_ack(ack.substr(0, i)));
  const std::string more = ack + "more";
  const auto read = msgpack::read_ack(more);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->chunk, "abcd");
  EXPECT_EQ(read->size, ack.size());
  EXPECT_EQ(msgpack::read_ack("HTTP/1.1 400")->size, 0u);
  EXPECT_EQ(msgpack::read_ack("\x81\xa3no!")->size, 0u);
  EXPECT_EQ(msgpack::read_ack(std::string("\x81\xc0", 2))->size, 0u);
}

TEST(MessagePack, SizesTakeTheShortestForm) {
  auto packed = [](std::size_t n) {
    std::string out;
    msgpack::str(out, std::string(n, 's'));
    msgpack::bin(out, std::string(n, 'b'));
    msgpack::number(out, n);
    return out;
  };
  EXPECT_EQ(packed(31).substr(0, 1), "\xbf");
  EXPECT_EQ(packed(32).substr(0, 2), "\xd9\x20");
  EXPECT_EQ(packed(256).substr(0, 3), std::string("\xda\x01\x00", 3));
  EXPECT_EQ(packed(65536).substr(0, 5), std::string("\xdb\x00\x01\x00\x00", 5));
}

}  // namespace
}  // namespace drydock::logrouter
