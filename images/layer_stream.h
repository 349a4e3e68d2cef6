#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace drydock::images {

// The uncompressed bytes of a layer or archive open at a descriptor, whichever compression it has
// (plain, gzip, zstd, xz, bzip2: told by its first bytes), hashed on the way. gzip goes through
// ISA-L (2.7 times zlib's speed).
class LayerStream {
 public:
  // Reads `fd` from where it stands; the caller keeps it open. More than `max_bytes` uncompressed
  // is kInvalid. With `growing`, `fd` is a file that is still being written: at its end it is read
  // again after every byte that comes from `growing`, and is whole when that ends.
  LayerStream(int fd, std::uint64_t max_bytes, int growing = -1);
  ~LayerStream();
  LayerStream(const LayerStream&) = delete;
  LayerStream& operator=(const LayerStream&) = delete;

  // The next piece, valid until the next call; empty at the end.
  Result<std::string_view> next();
  // Reads what is left; then the digest of everything: "sha256:...".
  Result<std::string> finish();
  std::uint64_t bytes() const;

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace drydock::images
