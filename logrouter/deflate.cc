#include "logrouter/deflate.h"

#include <zlib.h>

namespace drydock::logrouter {

Result<std::string> deflated(std::string_view text, Wrapping wrapping, int level) {
  constexpr int kWindow = 15, kGzipMark = 16, kMemory = 8;
  z_stream stream{};
  const int window = wrapping == Wrapping::kGzip ? kWindow + kGzipMark : kWindow;
  if (::deflateInit2(&stream, level, Z_DEFLATED, window, kMemory, Z_DEFAULT_STRATEGY) != Z_OK)
    return fail(Errc::kSystem, "no memory to compress a batch");
  std::string out(::deflateBound(&stream, text.size()), '\0');
  // zlib's API lacks a const; it does not write there.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int done = ::deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  ::deflateEnd(&stream);
  if (done != Z_STREAM_END) return fail(Errc::kSystem, "compressing a batch failed");
  return out;
}

}  // namespace drydock::logrouter
