// Layers and image documents from strangers: reading a tar stream (any compression) and planning
// its entries, and the JSON documents of images. The first byte chooses; nothing is written. Seeds:
// corpus/layer/.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/unique_fd.h"
#include "images/archive_plan.h"
#include "images/catalogue.h"
#include "images/entry_plan.h"
#include "images/layer_stream.h"
#include "images/manifest.h"
#include "images/reference.h"
#include "images/tar_reader.h"

using namespace drydock;
using namespace drydock::images;

namespace {

constexpr std::uint64_t kMostBytes = 16u << 20;
constexpr int kMostEntries = 10'000;

void must(bool condition) {
  if (!condition) std::abort();
}

void check_path(std::string_view path) {
  must(!path.starts_with('/') && !path.ends_with('/'));
  const std::string framed = "/" + std::string(path) + "/";
  must(path.empty() || framed.find("//") == std::string::npos);
  must(framed.find("/../") == std::string::npos && framed.find("/./") == std::string::npos);
}

void read_layer(std::string_view data) {
  UniqueFd fd(::memfd_create("layer", MFD_CLOEXEC));
  must(::write(fd.get(), data.data(), data.size()) == static_cast<ssize_t>(data.size()));
  must(::lseek(fd.get(), 0, SEEK_SET) == 0);
  LayerStream stream(fd.get(), kMostBytes);
  TarReader tar(stream);
  for (int i = 0; i < kMostEntries; ++i) {
    auto entry = tar.next();
    if (!entry || !*entry) break;
    if (auto plan = plan_entry((*entry)->name)) check_path(plan->path);
    if (auto target = plan_entry((*entry)->link)) check_path(target->path);
    for (auto piece = tar.read(); piece && piece->data.data() != nullptr; piece = tar.read()) {
    }
  }
  (void)stream.finish();
  must(stream.bytes() <= kMostBytes + (2u << 20));
}

void read_documents(char kind, std::string_view text) {
  switch (kind) {
    case 'm':
      if (auto manifest = parse_manifest(text))
        must(!manifest->layers.empty() && is_digest(manifest->config.digest));
      break;
    case 'i':
      if (auto index = parse_index(text)) {
        const auto chosen = choose_platform(index->manifests, {"linux", "amd64", ""});
        must(!chosen || *chosen < index->manifests.size());
        for (const Descriptor& entry : index->manifests)
          for (const std::string& name : names_of(entry)) must(parse_reference(name).has_value());
      }
      break;
    case 'c':
      (void)parse_config(text);
      break;
    case 'd':
      (void)parse_docker_archive(text);
      break;
    case 'n':
      if (auto catalogue = parse_catalogue(text))
        must(parse_catalogue(catalogue_text(*catalogue)).has_value());
      break;
    case 'r':
      if (auto reference = parse_reference(text)) {
        must(parse_reference(reference->text()) == *reference);
        must(parse_reference(reference->familiar()) == *reference);
      }
      break;
    default:
      break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  TarReader::prepare();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 'l')
    read_layer(text);
  else
    read_documents(static_cast<char>(data[0]), text);
  return 0;
}
