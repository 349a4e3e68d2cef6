#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "images/layer_stream.h"

struct archive;

namespace drydock::images {

// One entry of a tar stream, with the bytes of names as they are in the archive.
struct TarEntry {
  enum class Type { kFile, kFolder, kSymlink, kHardlink, kFifo, kCharDevice, kBlockDevice, kOther };
  Type type = Type::kOther;
  std::string name;
  std::string link;  // target of a symbolic or hard link
  std::uint64_t size = 0;
  unsigned mode = 0;  // permissions with setuid, setgid, sticky
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t device = 0;  // dev_t
  std::int64_t mtime = 0;    // seconds since 1970
  std::uint32_t mtime_nanos = 0;
  std::map<std::string, std::string> xattrs;  // as in the archive, unfiltered
};

// Reads tar (ustar, GNU, PAX, sparse files) from a LayerStream; libarchive behind.
class TarReader {
 public:
  // Loads what libarchive and the C library would load lazily (locale, character sets). Before
  // enter_sandbox().
  static void prepare();

  explicit TarReader(LayerStream& stream);
  ~TarReader();
  TarReader(const TarReader&) = delete;
  TarReader& operator=(const TarReader&) = delete;

  // The next entry; null at the end of the archive. The pointer is good until the next call.
  Result<const TarEntry*> next();
  struct Piece {
    std::string_view data;
    std::uint64_t offset = 0;  // holes of sparse files are what no piece covers
  };
  // The next piece of the entry's content; null data() at its end.
  Result<Piece> read();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace drydock::images
