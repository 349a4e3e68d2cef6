#pragma once
#include <memory>
#include <string>

#include "images/image_source.h"

namespace drydock::images {

// An OCI layout in a folder as a place to pull from. The reference's tag chooses the entry of
// index.json by its name annotation; a layout with one entry needs no name.
Result<std::unique_ptr<ImageSource>> open_layout(const std::string& folder);

}  // namespace drydock::images
