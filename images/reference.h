#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace drydock::images {

// The name of an image, complete: what a task definition shortens is filled in.
struct Reference {
  std::string registry;    // "docker.io", "localhost:5000", "1234.dkr.ecr.us-east-1.amazonaws.com"
  std::string repository;  // "library/busybox"
  std::string
      tag;  // "latest" when neither a tag nor a digest was given; may be empty beside a digest
  std::string digest;  // "sha256:<64 hex>" or empty

  // "docker.io/library/busybox"
  std::string name() const;
  // "docker.io/library/busybox:latest", with "@sha256:..." when a digest was given: the key in the
  // store.
  std::string text() const;
  // What people write and read: "busybox:latest".
  std::string familiar() const;
  bool operator==(const Reference&) const = default;
};

// Reads a name as Docker does: no registry means docker.io (where one word means library/<word>),
// no tag means latest. The first part is a registry if it has a dot, a colon or a capital letter,
// or is "localhost". kInvalid names the text and the part that is wrong. Limits: name 255
// characters, tag 128 (the distribution specification).
Result<Reference> parse_reference(std::string_view text);

// "sha256:" and 64 lower-case hex digits: the only kind of digest that is stored.
bool is_digest(std::string_view text);

}  // namespace drydock::images
