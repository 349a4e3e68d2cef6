#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "images/store.h"

namespace drydock::images {

// Gives the next bytes of an upload: fills `buffer`, returns how many; 0 is the end. An error ends
// the load with it.
using ByteSource = std::function<Result<std::size_t>(char* buffer, std::size_t size)>;

struct LoadedImage {
  std::vector<std::string> names;  // full references; none when the archive gave none
  std::string manifest_digest;
  std::string image_id;
};

// Loads every image of an archive: `docker save` (manifest.json), or a tar of an OCI layout
// (index.json), plain or compressed. Memory is bounded; the archive is staged on disk beside the
// store. All images or none: an error
// ("not an image archive: ...") leaves the store as it was.
Result<std::vector<LoadedImage>> load_archive(Store& store, const ByteSource& source);
// The same from a file, and from an OCI layout in a folder.
Result<std::vector<LoadedImage>> load_archive_file(Store& store, const std::string& path);
Result<std::vector<LoadedImage>> load_layout(Store& store, const std::string& folder);

enum class ArchiveKind { kOci, kDockerArchive };
// What an archive with these (cleaned) file names is; kInvalid says why it is none. Pure.
Result<ArchiveKind> archive_kind(const std::vector<std::string>& names);

}  // namespace drydock::images
