#include "logrouter/builtin/forward_decoder.h"

#include <zlib.h>

#include <nlohmann/json.hpp>

namespace drydock::logrouter {
namespace {

constexpr std::size_t kLongestTag = 1024;
constexpr const char* kNoMessage = "no message of the Forward protocol";

auto wrong(const std::string& what) {
  return fail(Errc::kInvalid, std::string(kNoMessage) + ": " + what);
}

// One whole value, whose size and depth message_pack_size() has checked.
Result<Json> value_of(std::string_view bytes) {
  Json value = Json::from_msgpack(bytes.begin(), bytes.end(), true, false);
  if (value.is_discarded()) return wrong("damaged MessagePack");
  return value;
}

std::string bytes_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_binary()) return {};
  const auto& binary = value.get_binary();
  return {binary.begin(), binary.end()};
}

// Fluentd's agents often send texts as binary; nothing else becomes of them in JSON.
void make_texts(Json& value) {
  if (value.is_binary())
    value = bytes_of(value);
  else if (value.is_structured())
    for (auto& member : value) make_texts(member);
}

std::uint32_t big_endian(const std::vector<std::uint8_t>& bytes, std::size_t at) {
  return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 |
         std::uint32_t{bytes[at + 2]} << 8 | bytes[at + 3];
}

// EventTime, seconds, or [time, metadata] as newer Fluent Bits send.
Result<Time> time_of(const Json& value) {
  if (value.is_array() && !value.empty() && !value[0].is_array()) return time_of(value[0]);
  if (value.is_binary() && value.get_binary().has_subtype() && value.get_binary().subtype() == 0 &&
      value.get_binary().size() == 8) {
    const auto& bytes = value.get_binary();
    return Time(std::chrono::seconds(big_endian(bytes, 0)) +
                std::chrono::nanoseconds(big_endian(bytes, 4) % 1000000000U));
  }
  constexpr std::int64_t kLatest = 9000000000;
  if (value.is_number_integer()) {
    const auto n = value.get<std::int64_t>();
    if (n >= 0 && n < kLatest) return Time(std::chrono::seconds(n));
  }
  if (value.is_number_float()) {
    const auto n = value.get<double>();
    if (n >= 0 && n < static_cast<double>(kLatest))
      return Time(std::chrono::nanoseconds(static_cast<std::int64_t>(n * 1e9)));
  }
  return wrong("a time is neither EventTime nor seconds");
}

Status add(ForwardMessage& message, const Json& time, Json record) {
  if (message.times.size() >= kMostForwardEntries) return wrong("too many entries");
  if (!record.is_object()) return wrong("a record is no map");
  DRYDOCK_LET(const Time at, time_of(time));
  make_texts(record);
  message.times.push_back(at);
  message.records.push_back(std::move(record));
  return {};
}

Status add_entry(ForwardMessage& message, Json& entry) {
  if (!entry.is_array() || entry.size() < 2) return wrong("an entry is not [time, record]");
  return add(message, entry[0], std::move(entry[1]));
}

Result<std::string> gunzip(const std::string& data) {
  z_stream stream{};
  if (::inflateInit2(&stream, 15 + 16) != Z_OK) return wrong("no memory to unpack it");
  std::string out;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));  // NOLINT: zlib's API
  stream.avail_in = static_cast<uInt>(data.size());
  int step = Z_OK;
  char buffer[65536];
  while (step == Z_OK && out.size() <= kLongestUnpacked) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer);
    stream.avail_out = sizeof buffer;
    step = ::inflate(&stream, Z_NO_FLUSH);
    out.append(buffer, sizeof buffer - stream.avail_out);
    // A message may be several gzip members.
    if (step == Z_STREAM_END && stream.avail_in > 0) step = ::inflateReset(&stream);
  }
  ::inflateEnd(&stream);
  if (out.size() > kLongestUnpacked) return wrong("unpacked it is too large");
  if (step != Z_STREAM_END) return wrong("damaged gzip data");
  return out;
}

Status add_packed(ForwardMessage& message, std::string_view packed) {
  while (!packed.empty()) {
    DRYDOCK_LET(const auto size, message_pack_size(packed));
    if (!size) return wrong("packed entries are cut off");
    DRYDOCK_LET(Json entry, value_of(packed.substr(0, *size)));
    DRYDOCK_TRY(add_entry(message, entry));
    packed.remove_prefix(*size);
  }
  return {};
}

Result<ForwardMessage> message_of(Json value) {
  if (!value.is_array() || value.size() < 2) return wrong("not [tag, ...]");
  ForwardMessage message;
  if (!value[0].is_string()) return wrong("its tag is no text");
  message.tag = value[0].get<std::string>();
  if (message.tag.size() > kLongestTag) return wrong("its tag is too long");
  const bool single = !value[1].is_array() && !value[1].is_string() &&
                      !(value[1].is_binary() && !value[1].get_binary().has_subtype());
  // [[time, metadata], record] is one, too; [[time, record], ...] is a list.
  const std::size_t option_at = single ? 3 : 2;
  const Json option =
      value.size() > option_at && value[option_at].is_object() ? value[option_at] : Json::object();
  if (const Json* chunk = json_find(option, "chunk")) message.chunk = bytes_of(*chunk);
  if (message.chunk.size() > 256) return wrong("its chunk is too long");
  if (single) {
    if (value.size() < 3) return wrong("it has no record");
    DRYDOCK_TRY(add(message, value[1], std::move(value[2])));
    return message;
  }
  if (value[1].is_array()) {
    for (auto& entry : value[1]) DRYDOCK_TRY(add_entry(message, entry));
    return message;
  }
  std::string packed = bytes_of(value[1]);
  const std::string compressed = json_string(option, "compressed", "text");
  if (compressed == "gzip") {
    DRYDOCK_LET(packed, gunzip(packed));
  } else if (compressed != "text") {
    return wrong("compressed with " + compressed.substr(0, 32) + ", which is not understood");
  }
  DRYDOCK_TRY(add_packed(message, packed));
  return message;
}

}  // namespace

Result<std::optional<ForwardMessage>> ForwardDecoder::next() {
  const std::string_view rest = std::string_view(waiting_).substr(begin_);
  if (rest.empty()) {
    waiting_.clear();
    begin_ = 0;
    return std::nullopt;
  }
  DRYDOCK_LET(const auto size, message_pack_size(rest.substr(0, kLongestForwardMessage)));
  if (!size) {
    if (rest.size() >= kLongestForwardMessage) return wrong("too large");
    waiting_.erase(0, begin_);
    begin_ = 0;
    return std::nullopt;
  }
  DRYDOCK_LET(Json value, value_of(rest.substr(0, *size)));
  begin_ += *size;
  DRYDOCK_LET(ForwardMessage message, message_of(std::move(value)));
  return message;
}

std::string forward_ack(const std::string& chunk) {
  const auto bytes = Json::to_msgpack(Json{{"ack", chunk}});
  return {bytes.begin(), bytes.end()};
}

}  // namespace drydock::logrouter
