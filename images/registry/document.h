#pragma once
#include <string>
#include <string_view>

#include "images/image_source.h"

namespace drydock::images::registry {

inline constexpr std::size_t kLargestManifest = 4 << 20;  // the distribution specification

// A manifest or index as a registry answered it: its digest is computed and compared with
// `wanted` (if not empty), its type found out from `content_type` or from the document. kInvalid
// when it is something else, or both at once; kUnsupported for the formats of 2015. Pure.
Result<RemoteDocument> check_document(std::string text, std::string_view content_type,
                                      std::string_view wanted);

}  // namespace drydock::images::registry
