#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "images/manifest.h"
#include "images/reference.h"

namespace drydock::images {

// Set from any thread by whoever does not want the work any more; transfers look at it at least
// twice a second and end with kCancelled.
class CancelFlag {
 public:
  void set() { set_.store(true, std::memory_order_relaxed); }
  bool is_set() const { return set_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> set_ = false;
};

// A manifest or an index as its source gave it.
struct RemoteDocument {
  std::string text;
  std::string media_type;
  std::string digest;  // of `text`; checked against the digest that was asked for, if one was
};

// Takes the next bytes of a blob, in order, each once. An error ends the transfer with it.
using BlobSink = std::function<Status(std::string_view)>;

// Where an image comes from, blob by blob. Methods block and may be called by several threads at
// once. Errors: kNotFound, kDenied, kLimited, kTimeout, kInvalid (the source lies: wrong size or
// digest), kUnsupported, kCancelled; the message names what was asked of whom, and never a
// credential.
class ImageSource {
 public:
  virtual ~ImageSource() = default;
  // What the tag (or, if set, the digest) of `reference` stands for.
  virtual Result<RemoteDocument> manifest(const Reference& reference, const CancelFlag& cancel) = 0;
  // The whole blob of `reference`'s repository, broken transfers resumed, its size and digest
  // verified: success means that the sink got exactly blob.size bytes with blob.digest. What the
  // sink got before an error is worth nothing.
  virtual Status blob(const Reference& reference, const Descriptor& blob, const BlobSink& sink,
                      const CancelFlag& cancel) = 0;
};

}  // namespace drydock::images
