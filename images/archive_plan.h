#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "images/ingest.h"
#include "images/manifest.h"

// From the files of an image archive to the images in it. Reads staged files, changes nothing.
namespace drydock::images {

// The staged files of an archive, by their names in it.
class ArchiveView {
 public:
  ArchiveView(std::string folder, std::vector<StagedFile> files);

  const std::vector<std::string>& names() const { return names_; }
  // The staged file behind a name of the archive, links followed. kInvalid when the archive lacks
  // it.
  Result<std::string> path(const std::string& name) const;
  // Its text, at most `limit` bytes.
  Result<std::string> text(const std::string& name, std::size_t limit) const;
  bool has(const std::string& name) const { return files_.contains(name); }

 private:
  std::string folder_;
  std::map<std::string, StagedFile> files_;
  std::vector<std::string> names_;
};

// The names an entry of an OCI layout's index gives its image: the annotations of containerd, and
// of the specification (a bare version such as "latest" or "1.2" there is a tag without a name, and
// gives none).
std::vector<std::string> names_of(const Descriptor& entry);

// Every image of the archive that runs on `host`.
Result<std::vector<NewImage>> plan_oci(const ArchiveView& archive, const Platform& host);
// Of a `docker save` archive. `ingest` takes the manifests that are made for them.
Result<std::vector<NewImage>> plan_docker_archive(const ArchiveView& archive, Ingest& ingest);

}  // namespace drydock::images
