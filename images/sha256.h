#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace drydock::images {

// SHA-256 of a stream.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(std::string_view data);
  // Lower-case hex; once, at the end.
  std::string hex();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// "sha256:<hex>" of a file's content, read from its start (the descriptor's position is not used).
Result<std::string> digest_of_file(int fd);

}  // namespace drydock::images
