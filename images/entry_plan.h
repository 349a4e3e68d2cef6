#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

// What the name of a layer's tar entry means. Pure; the names are hostile.
namespace drydock::images {

enum class EntryKind {
  kSkip,      // bookkeeping of old union file systems: says nothing about the image
  kRoot,      // the layer's root folder itself
  kCreate,    // a file, folder, link, ... at `path`
  kWhiteout,  // `path` of the layers below is gone
  kOpaque,    // everything in the folder `path` ("" is the root) of the layers below is gone
};

struct EntryPlan {
  EntryKind kind = EntryKind::kSkip;
  std::string path;  // relative, without ".", ".." or empty parts
};

// "./usr//bin/x" -> "usr/bin/x"; a leading "/" counts for nothing; "" is the root. kInvalid when
// ".." leads out.
Result<std::string> clean_path(std::string_view path);

// Layer format of the OCI image specification: ".wh.<name>" and ".wh..wh..opq" (also as names of
// hard links).
Result<EntryPlan> plan_entry(std::string_view pathname);

// Whether an extended attribute of an archive may be set. Not those overlayfs itself believes
// (trusted.overlay.*), nor the labels of the machine the image was built on.
bool keeps_xattr(std::string_view name);

}  // namespace drydock::images
