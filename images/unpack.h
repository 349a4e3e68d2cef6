#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "images/image_source.h"

namespace drydock::images {

// Bounds on what an archive may make us write. A layer or archive beyond them is refused and thrown
// away.
struct UnpackLimits {
  std::uint64_t layer_bytes = 64ull << 30;     // one layer, uncompressed
  std::uint64_t layer_entries = 4'000'000;     // one layer
  std::uint64_t archive_bytes = 128ull << 30;  // an image archive, all its files together
  std::uint64_t archive_entries = 20'000;
  std::uint64_t memory_bytes = 1ull << 30;  // address space of the helper
};

// What a layer turned out to be.
struct LayerReport {
  std::string diff_id;        // sha256 of the uncompressed stream, "sha256:..."
  std::uint64_t bytes = 0;    // written to disk (file contents)
  std::uint64_t entries = 0;  // 0: the layer changes nothing
};

// Unpacks the layer blob open at `blob_fd` (tar; plain, gzip, zstd, xz or bzip2) into the empty
// folder `target`, in a child that sees only that folder. `lowest`: nothing lies below, so
// whiteouts are dropped instead of written. The caller compares the diff id and throws the folder
// away on any error.
Result<LayerReport> unpack_layer(const std::string& helper, int blob_fd, const std::string& target,
                                 bool lowest, const UnpackLimits& limits);

// The same for a blob that is still being written to the file `blob`: it is unpacked as it grows.
// Used by one thread. If it goes before finish(), the child is killed and waited for.
class GrowingUnpack {
 public:
  static Result<GrowingUnpack> start(const std::string& helper, const std::string& blob,
                                     const std::string& target, bool lowest,
                                     const UnpackLimits& limits);
  GrowingUnpack(GrowingUnpack&& other) noexcept;
  GrowingUnpack& operator=(GrowingUnpack&&) = delete;
  ~GrowingUnpack();

  // The file has grown. False: the child has ended, finish() tells why; more bytes are of no use.
  bool more();
  // The file is whole (or the child has ended). Waits for the rest of the work, or for `cancel`.
  Result<LayerReport> finish(const CancelFlag& cancel);

 private:
  struct Impl;
  explicit GrowingUnpack(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// One entry of an image archive that was staged: a regular file at <folder>/<file>, or another name
// for one.
struct StagedFile {
  std::string name;  // as in the archive, cleaned
  std::string file;  // name in the staging folder; empty for a link
  std::string link;  // cleaned name of the entry a link leads to
  std::uint64_t size = 0;
};

// Reads a tar stream (any compression) from `input_fd` to its end in a child that sees only
// `folder`, and writes its regular files there as "0", "1", ... kInvalid when it is not a tar file.
Result<std::vector<StagedFile>> stage_archive(const std::string& helper, int input_fd,
                                              const std::string& folder,
                                              const UnpackLimits& limits);

// Brings all that was written to `folder`'s file system to the disk, in a child: a process that is
// killed while it does so itself would not be gone before the disk is done. `cancel` gives up
// waiting.
Status sync_file_system(const std::string& helper, const std::string& folder,
                        const CancelFlag& cancel);

// main() of the helper: argv is {program, "unpack-layer", ...} as made by the functions above.
// Returns the exit code.
int unpack_child_main(int argc, char** argv);

}  // namespace drydock::images
