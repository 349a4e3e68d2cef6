#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// How a process that runs elsewhere speaks with its user over one stream of bytes: frames of a kind
// (one byte), a length (four bytes, big-endian) and a payload. Pure; no JSON, for small programs.
namespace drydock::frames {

inline constexpr std::size_t kLongestPayload = 64u << 10;

enum class Kind : std::uint8_t {
  // To the process.
  kInput = 'i',     // bytes for its standard input
  kInputEnd = 'e',  // its standard input ends
  kResize = 'r',    // rows and columns of its terminal, two bytes each
  kSignal = 'k',    // a signal's number, one byte
  // From the process.
  kStarted = 's',  // it runs
  kOutput = 'o',   // what it wrote to standard output, or to its terminal
  kError = 'E',    // what it wrote to standard error
  kExited = 'x',   // its exit code, one byte: 128 and more is a signal. Nothing follows
  kFailed = 'f',   // it could not be started: 127 or 126 as a shell has them, 125 for anything
                   // else, one byte, and a text for people. Nothing follows
};

struct Frame {
  Kind kind = Kind::kInput;
  std::string payload;
  bool operator==(const Frame&) const = default;
};

// One frame's bytes. A payload longer than kLongestPayload is cut.
std::string text_of(Kind kind, std::string_view payload = {});
// `bytes` in as many frames as it takes.
std::string texts_of(Kind kind, std::string_view bytes);

struct Size {
  std::uint16_t rows = 0;
  std::uint16_t columns = 0;
  bool operator==(const Size&) const = default;
};
std::string resize(Size size);
// nullopt when the payload is none.
std::optional<Size> size_of(std::string_view payload);

// Cuts a stream of bytes into frames.
class Reader {
 public:
  // At most kLongestPayload and a frame's head are kept between calls of next().
  void feed(std::string_view bytes);
  // The next whole frame; nullopt when more bytes are needed, or the stream is damaged.
  std::optional<Frame> next();
  // An unknown kind or a length beyond the limit: nothing more can be read.
  bool damaged() const { return damaged_; }

 private:
  std::string held_;
  std::size_t at_ = 0;
  bool damaged_ = false;
};

}  // namespace drydock::frames
