#pragma once
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "images/image_source.h"

namespace drydock::images {

// An ImageSource whose blobs a test wrote, and which it may make lie or wait.
class FakeSource final : public ImageSource {
 public:
  // The files of an OCI layout (oci_layout()).
  explicit FakeSource(std::map<std::string, std::string> files);

  Result<RemoteDocument> manifest(const Reference& reference, const CancelFlag& cancel) override;
  Status blob(const Reference& reference, const Descriptor& blob, const BlobSink& sink,
              const CancelFlag& cancel) override;

  std::string manifest_digest() const;
  int fetched(const std::string& digest);  // how often it was asked for

  // Runs before the second half of a blob is given.
  std::function<Status(const Descriptor&, const CancelFlag&)> half_way;
  // Instead of the real manifest document.
  std::string manifest_override;
  std::string manifest_type;
  // Instead of the real content of blobs.
  std::map<std::string, std::string> lies;

 private:
  std::map<std::string, std::string> files_;
  std::mutex mutex_;
  std::map<std::string, int> fetched_;
};

}  // namespace drydock::images
