#include "api/logs/event_stream.h"

#include <boost/crc.hpp>
#include <cstdint>

namespace drydock::api::logs {
namespace {

constexpr char kString = 7;
constexpr std::size_t kAround = 16;  // two lengths, two checksums

void append_number(std::string& out, std::uint32_t n) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((n >> shift) & 0xff);
}

void append_checksum(std::string& out) {
  boost::crc_32_type crc;
  crc.process_bytes(out.data(), out.size());
  append_number(out, crc.checksum());
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out += static_cast<char>(name.size());
  out += name;
  out += kString;
  out += static_cast<char>(value.size() >> 8);
  out += static_cast<char>(value.size() & 0xff);
  out += value;
}

}  // namespace

std::string event_frame(std::string_view type, std::string_view name, std::string_view json) {
  std::string headers;
  append_header(headers, ":message-type", type);
  append_header(headers, type == "event" ? ":event-type" : ":exception-type", name);
  append_header(headers, ":content-type", "application/json");
  std::string frame;
  append_number(frame, static_cast<std::uint32_t>(kAround + headers.size() + json.size()));
  append_number(frame, static_cast<std::uint32_t>(headers.size()));
  append_checksum(frame);
  frame += headers;
  frame += json;
  append_checksum(frame);
  return frame;
}

}  // namespace drydock::api::logs
