#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace drydock::api {

// Takes the content coding aws-chunked off a body: "<hex size>;chunk-signature=...\r\n<bytes>\r\n",
// and trailers after the chunk of size 0 (S3's "Signature calculations: transferring payload in
// multiple chunks"). The signatures belong to another host and are not checked. Pure.
class AwsChunked {
 public:
  // Appends the bytes within `wire` to `out`. kInvalid when it is malformed; then for ever.
  Status feed(std::string_view wire, std::string& out);
  bool done() const { return state_ == State::kDone; }

 private:
  enum class State { kSize, kData, kDataEnd, kTrailer, kDone, kBad };
  Status line(std::string_view text);
  Status bad(const std::string& why);

  State state_ = State::kSize;
  std::uint64_t left_ = 0;
  std::string line_;
  std::size_t trailers_ = 0;
};

}  // namespace drydock::api
