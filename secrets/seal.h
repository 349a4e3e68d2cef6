#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace drydock::secrets {

// AES-256-GCM under one key: "DDS1", a random nonce of 12 bytes, the cipher text, a tag of 16
// bytes. Thread-safe.
class Sealer {
 public:
  // The key in `file` (32 bytes, mode 0600), made when it is absent. kInvalid: it has another
  // length.
  static Result<Sealer> open(const std::string& file);

  // `context` says what the text is: it can't be opened as anything else. kSystem: OpenSSL failed.
  Result<std::string> seal(std::string_view text, std::string_view context) const;
  // kInvalid: another key or context, or not what was sealed.
  Result<std::string> unseal(std::string_view sealed, std::string_view context) const;

 private:
  explicit Sealer(std::string key) : key_(std::move(key)) {}
  std::string key_;
};

}  // namespace drydock::secrets
