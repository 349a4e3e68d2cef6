#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "images/archive.h"
#include "images/image_source.h"

namespace drydock::images {

// The API sockets of Docker and Podman engines that may run here: DOCKER_HOST's path if it is one,
// /run/docker.sock, /run/podman/podman.sock, and those of the user `uid` below /run/user. Only
// those that exist.
std::vector<std::string> engine_sockets(unsigned uid);

// Loads the image `reference` from the engine behind `socket`: GET /images/{name}/get of its API,
// streamed into the store and named as the reference. kNotFound: the engine does not have it, or
// nobody listens.
Result<LoadedImage> load_from_engine(Store& store, const std::string& socket,
                                     const Reference& reference, const CancelFlag& cancel);

}  // namespace drydock::images
