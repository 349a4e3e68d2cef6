#include <sys/stat.h>

#include "base/files.h"
#include "base/limits.h"
#include "images/reference.h"
#include "images/store_state.h"

// What belongs to somebody, and what does not.
namespace drydock::images {
namespace {

std::uint64_t file_bytes(const std::string& path) {
  struct stat st {};
  return ::lstat(path.c_str(), &st) == 0 ? static_cast<std::uint64_t>(st.st_size) : 0;
}

void add(Belongings& to, const std::string& manifest_digest, const Image& image) {
  to.blobs.insert(manifest_digest.substr(7));
  to.blobs.insert(image.image_id.substr(7));
  for (const Descriptor& layer : image.layers) to.blobs.insert(layer.digest.substr(7));
  for (const std::string& folder : layer_folders(image.diff_ids)) to.layers.insert(folder);
}

// A running load writes what it will need into staging/<x>/pins: "blob <hex>" and "layer <folder>"
// lines.
void add_pins(Belongings& to, const std::string& staging_dir) {
  for (const std::string& name : list_dir(staging_dir)) {
    auto text = read_file(staging_dir + "/" + name + "/pins", 4u << 20);
    if (!text) continue;
    for (std::size_t at = 0; at < text->size();) {
      const std::size_t end = std::min(text->find('\n', at), text->size());
      const std::string line = text->substr(at, end - at);
      at = end + 1;
      if (line.starts_with("blob ")) to.blobs.insert(line.substr(5));
      if (line.starts_with("layer ")) to.layers.insert(line.substr(6));
    }
  }
}

}  // namespace

Result<std::uint64_t> Store::State::sweep(const Staging& trash) {
  Belongings kept;
  for (const auto& [digest, record] : catalogue.images) {
    // An image that cannot be read any more keeps the sweep from deciding what is garbage.
    DRYDOCK_LET(const ImagePtr found, image(digest));
    add(kept, digest, *found);
  }
  for (const auto& [digest, holder] : holds()) {
    if (catalogue.images.contains(digest)) continue;
    DRYDOCK_LET(const ImagePtr found, image(digest));
    add(kept, digest, *found);
    by_digest.erase(digest);
  }
  add_pins(kept, staging_dir);
  std::uint64_t freed = 0;
  for (const std::string& hex : list_dir(blobs_dir)) {
    if (kept.blobs.contains(hex)) continue;
    const std::string path = blobs_dir + "/" + hex;
    freed += file_bytes(path);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno("remove " + path);
  }
  for (const std::string& name : list_dir(layers_dir)) {
    const std::size_t dot = name.find('.');
    if (dot == std::string::npos) continue;
    const std::string folder = name.substr(0, dot);
    const bool facts_of_layer = name == folder + ".json";
    if (facts_of_layer && kept.layers.contains(folder)) continue;
    const std::string path = layers_dir + "/" + name;
    if (facts_of_layer)
      if (auto facts = read_layer_info(layers_dir, folder)) freed += facts->bytes;
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno("remove " + path);
  }
  // The facts go first: a folder without them is not a layer, should this stop half-way.
  for (const std::string& name : list_dir(layers_dir)) {
    if (name.find('.') != std::string::npos || kept.layers.contains(name)) continue;
    const std::string path = layers_dir + "/" + name;
    if (::rename(path.c_str(), (trash.path() + "/" + name).c_str()) != 0)
      return fail_errno("remove " + path);
  }
  return freed;
}

}  // namespace drydock::images
