#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "images/store.h"

namespace drydock::images {

// Writes the images behind `references` (names, digests, ids) as one OCI image archive (a tar of an
// OCI layout, with the names docker, podman and skopeo look for) to `sink`, in order. Each blob
// once; bounded memory. Errors: as Store::find, and whatever the sink says.
Status save_oci_archive(Store& store, const std::vector<std::string>& references,
                        const std::function<Status(std::string_view)>& sink);

}  // namespace drydock::images
