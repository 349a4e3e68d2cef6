#include "logrouter/firelens/message_pack.h"

namespace drydock::logrouter::msgpack {
namespace {

void big_endian(std::string& out, std::uint64_t n, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out.push_back(static_cast<char>((n >> shift) & 0xff));
}

void head(std::string& out, unsigned char type, std::uint64_t n, int bytes) {
  out.push_back(static_cast<char>(type));
  big_endian(out, n, bytes);
}

// A text at `at`, as str or bin of less than 256 bytes. False: not whole yet; `wrong`: no text.
bool read_text(std::string_view data, std::size_t& at, std::string_view& text, bool& wrong) {
  if (at >= data.size()) return false;
  const auto type = static_cast<unsigned char>(data[at]);
  std::size_t length = 0;
  std::size_t begin = at + 1;
  if ((type & 0xe0) == 0xa0) {
    length = type & 0x1f;
  } else if (type == 0xd9 || type == 0xc4) {
    if (begin >= data.size()) return false;
    length = static_cast<unsigned char>(data[begin++]);
  } else {
    wrong = true;
    return false;
  }
  if (data.size() - begin < length) return false;
  text = data.substr(begin, length);
  at = begin + length;
  return true;
}

}  // namespace

void array(std::string& out, std::uint32_t items) {
  if (items < 16)
    out.push_back(static_cast<char>(0x90 | items));
  else if (items < 0x10000)
    head(out, 0xdc, items, 2);
  else
    head(out, 0xdd, items, 4);
}

void map(std::string& out, std::uint32_t pairs) {
  if (pairs < 16)
    out.push_back(static_cast<char>(0x80 | pairs));
  else if (pairs < 0x10000)
    head(out, 0xde, pairs, 2);
  else
    head(out, 0xdf, pairs, 4);
}

void str(std::string& out, std::string_view text) {
  if (text.size() < 32)
    out.push_back(static_cast<char>(0xa0 | text.size()));
  else if (text.size() < 0x100)
    head(out, 0xd9, text.size(), 1);
  else if (text.size() < 0x10000)
    head(out, 0xda, text.size(), 2);
  else
    head(out, 0xdb, text.size(), 4);
  out.append(text);
}

void bin(std::string& out, std::string_view bytes) {
  if (bytes.size() < 0x100)
    head(out, 0xc4, bytes.size(), 1);
  else if (bytes.size() < 0x10000)
    head(out, 0xc5, bytes.size(), 2);
  else
    head(out, 0xc6, bytes.size(), 4);
  out.append(bytes);
}

void number(std::string& out, std::uint64_t n) {
  if (n < 0x80)
    out.push_back(static_cast<char>(n));
  else if (n < 0x10000)
    head(out, 0xcd, n, 2);
  else if (n < 0x100000000)
    head(out, 0xce, n, 4);
  else
    head(out, 0xcf, n, 8);
}

void event_time(std::string& out, Time at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  out.append("\xd7\x00", 2);
  big_endian(out, static_cast<std::uint64_t>(seconds.time_since_epoch().count()) & 0xffffffff, 4);
  big_endian(out, static_cast<std::uint64_t>((at - seconds).count()), 4);
}

std::optional<Ack> read_ack(std::string_view data) {
  if (data.empty()) return std::nullopt;
  if (static_cast<unsigned char>(data[0]) != 0x81) return Ack{};
  std::size_t at = 1;
  std::string_view key, chunk;
  bool wrong = false;
  if (!read_text(data, at, key, wrong)) return wrong ? std::optional(Ack{}) : std::nullopt;
  if (key != "ack") return Ack{};
  if (!read_text(data, at, chunk, wrong)) return wrong ? std::optional(Ack{}) : std::nullopt;
  return Ack{chunk, at};
}

}  // namespace drydock::logrouter::msgpack
