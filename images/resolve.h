#pragma once
#include "images/image_source.h"
#include "images/ingest.h"

namespace drydock::images {

// What a reference stands for on one platform, with its documents.
struct Resolved {
  NewImage image;  // without files
  std::string manifest_text;
  std::string config_text;
};

// Asks `source` for the manifest (through indexes, to the one for `platform`) and the
// configuration. `stored` gives a document that is here already. kUnsupported when there is nothing
// for the platform: it names what there is.
Result<Resolved> resolve_image(
    ImageSource& source, const Reference& reference, const Platform& platform,
    const std::function<std::optional<std::string>(const std::string& digest)>& stored,
    const CancelFlag& cancel);

}  // namespace drydock::images
