#pragma once
#include <vector>

#include "images/flights.h"
#include "images/ingest.h"
#include "images/pull.h"

namespace drydock::images {

// One blob of an image and the folders that are to come from it (mostly one).
struct LayerWork {
  Descriptor blob;
  std::vector<WantedLayer> folders;
  std::shared_ptr<LayerState> state;
};

// The layers of an image, each blob once.
std::vector<LayerWork> layer_works(const NewImage& image);

// Whether the store has the blob and all its folders.
Result<bool> is_here(const Ingest& ingest, const LayerWork& work);

// Brings what the store lacks of one layer into it; the blob is unpacked while it downloads.
Status fetch_layer(Ingest& ingest, const StoreOptions& store, const PullOptions& options,
                   ImageSource& source, const Reference& reference, const LayerWork& work,
                   const CancelFlag& cancel);

}  // namespace drydock::images
