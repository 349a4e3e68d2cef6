#pragma once
#include <cstdint>
#include <string>

#include "images/image_source.h"
#include "images/registry/session.h"
#include "images/sha256.h"

namespace drydock::images::registry {

// One blob on its way to a sink, over as many connections as it takes; each byte goes to the sink
// once. Not thread-safe.
class BlobTransfer {
 public:
  BlobTransfer(const Descriptor& blob, const BlobSink& sink) : blob_(blob), sink_(sink) {}

  // Asks for what is missing. An answer of 2xx means that everything came.
  tl::expected<Answer, ExchangeError> attempt(Session& session, const std::string& repository,
                                              const CancelFlag& cancel);
  std::uint64_t had() const { return had_; }
  // Once all came: whether it is what its digest says.
  Status verify();

 private:
  Status begin(const Answer& answer);
  Status take(std::string_view data);

  const Descriptor& blob_;
  const BlobSink& sink_;
  Sha256 sha_;
  std::uint64_t had_ = 0;
  std::uint64_t skip_ = 0;  // of this answer
};

}  // namespace drydock::images::registry
